// SPDX-License-Identifier: Apache-2.0
// Boost.JSON, compiled into the plugin: so a plugin depends on no Boost library and exports none of its symbols.
#include <boost/json/src.hpp>
