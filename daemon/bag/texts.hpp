// SPDX-License-Identifier: Apache-2.0
// Files that lie in every bag, as they stand in this tree.
#pragma once
#include <string_view>

namespace postern::bag {

extern const std::string_view kVerifier;     ///< tools/verify.py
extern const std::string_view kBagVerifier;  ///< tools/verify_bag.py
extern const std::string_view kReadme;
extern const std::string_view kSubjectReadme;
extern const std::string_view kCertificate;  ///< with places {checkpoint} and {scope}

}  // namespace postern::bag
