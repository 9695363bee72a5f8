// SPDX-License-Identifier: Apache-2.0
// plugin-api/template and template-platform, as `posternctl plugin new` writes them out. CMake makes the texts.
#pragma once
#include <span>
#include <string_view>

namespace postern::ctl {

struct TemplateFile {
  std::string_view path, text;
};

std::span<const TemplateFile> handler_template();
std::span<const TemplateFile> platform_template();

}  // namespace postern::ctl
