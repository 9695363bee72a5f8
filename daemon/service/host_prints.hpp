// SPDX-License-Identifier: Apache-2.0
// How plugins were when their hosts started, so that a reload starts anew only what has changed.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "bus/session.hpp"

namespace postern::service {

class HostPrints {
 public:
  /// Takes out of `fresh` the sections whose configuration, file or placement has changed, and remembers all.
  std::vector<bus::HostSpec> changed(std::vector<bus::HostSpec>& fresh);

 private:
  std::map<std::string, std::string> prints_;  ///< by section
};

}  // namespace postern::service
