# SPDX-License-Identifier: Apache-2.0
# How everything in this tree is compiled, and the one function that makes a module.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

find_program(POSTERN_CCACHE ccache)
if(POSTERN_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${POSTERN_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${POSTERN_CCACHE})
endif()

option(POSTERN_FUZZ "Build libFuzzer targets (needs clang)" OFF)
set(POSTERN_SANITIZE "" CACHE STRING "Sanitizers for every target, as in -fsanitize=")

add_library(postern_flags INTERFACE)
target_compile_options(postern_flags INTERFACE
  -Wall -Wextra -Wshadow $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor> $<$<COMPILE_LANGUAGE:CXX>:-Woverloaded-virtual>
  -fstack-protector-strong -fstack-clash-protection -fcf-protection
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_compile_definitions(postern_flags INTERFACE _GLIBCXX_ASSERTIONS)
target_link_options(postern_flags INTERFACE -Wl,-z,relro,-z,now)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  target_compile_definitions(postern_flags INTERFACE _FORTIFY_SOURCE=2)
endif()
if(POSTERN_SANITIZE)
  # The check of vptrs takes the objects that libspdlog made, without sanitizers, for broken ones.
  add_compile_options(-fsanitize=${POSTERN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -fno-sanitize=vptr)
  add_link_options(-fsanitize=${POSTERN_SANITIZE})
  if(POSTERN_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
if(POSTERN_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# postern_module(NAME SOURCES … [LINK …] [PRIVATE_LINK …])
# A module is one folder, one static library, one row in the picture of docs/architecture.md. Its headers are
# included as "<folder>/<file>.hpp", so that each include line names the layer that is used.
function(postern_module name)
  cmake_parse_arguments(M "" "" "SOURCES;LINK;PRIVATE_LINK" ${ARGN})
  add_library(${name} STATIC ${M_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/daemon)
  target_link_libraries(${name} PUBLIC ${M_LINK} PRIVATE postern_flags ${M_PRIVATE_LINK})
endfunction()
