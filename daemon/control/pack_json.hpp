// SPDX-License-Identifier: Apache-2.0
// A policy pack as it travels over the socket: the tool reads its files, so that the daemon need not be able to.
#pragma once
#include <boost/json/value.hpp>
#include <memory>
#include <string>

#include "base/error.hpp"
#include "core/policy/policy.hpp"

namespace postern::control {

std::string pack_json(const core::policy::PackData& pack);

/// The compiled pack. Fails where a rule is of no kind that is known here, or a value is none that its kind allows.
Result<std::shared_ptr<const core::policy::Pack>> read_pack(const boost::json::value& value);

}  // namespace postern::control
