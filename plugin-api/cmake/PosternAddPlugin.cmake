# SPDX-License-Identifier: Apache-2.0
# postern_add_plugin(NAME SOURCES…) makes NAME.so: a module without prefix, with hidden symbols and one exported one,
# that is refused at link time if it lacks a symbol.
#
# PosternPlugin::sdk is for unit tests: link it and the plugin's source into the test, and use <postern/fake_host.hpp>.
#
# The caller has set POSTERN_PLUGIN_INCLUDE_DIR, POSTERN_PLUGIN_SOURCE_DIR (json.cpp) and POSTERN_PLUGIN_MAP.

# Boost.JSON is compiled once per project, with its symbols hidden, and linked into each plugin.
if(CMAKE_CXX_COMPILER)
  add_library(postern_plugin_json STATIC EXCLUDE_FROM_ALL ${POSTERN_PLUGIN_SOURCE_DIR}/json.cpp)
  set_target_properties(postern_plugin_json PROPERTIES
    POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_link_libraries(postern_plugin_json PUBLIC Boost::headers)
  target_compile_features(postern_plugin_json PUBLIC cxx_std_20)
endif()

add_library(postern_sdk INTERFACE)
add_library(PosternPlugin::sdk ALIAS postern_sdk)
target_include_directories(postern_sdk INTERFACE ${POSTERN_PLUGIN_INCLUDE_DIR})
target_compile_features(postern_sdk INTERFACE c_std_11)
if(TARGET postern_plugin_json)
  target_link_libraries(postern_sdk INTERFACE postern_plugin_json)
endif()

function(postern_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  set_target_properties(${name} PROPERTIES
    PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${POSTERN_PLUGIN_MAP})
  target_link_libraries(${name} PRIVATE PosternPlugin::sdk)
  target_link_options(${name} PRIVATE -Wl,--version-script=${POSTERN_PLUGIN_MAP} -Wl,-z,now -Wl,-z,relro)
  # clang leaves its sanitizers' symbols to the program that loads the plugin.
  if(NOT (POSTERN_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES "Clang"))
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
