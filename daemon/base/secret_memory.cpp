// SPDX-License-Identifier: Apache-2.0
#include "base/secret_memory.hpp"

#include <sys/mman.h>

#include <new>

namespace postern {
namespace {

class Pages final : public std::pmr::memory_resource {
  static constexpr std::size_t kPage = 4096;
  static std::size_t whole(std::size_t bytes) { return (bytes + kPage - 1) / kPage * kPage; }

  void* do_allocate(std::size_t bytes, std::size_t) override {
    void* const pages = ::mmap(nullptr, whole(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) throw std::bad_alloc();
    (void)::madvise(pages, whole(bytes), MADV_DONTDUMP);
    (void)::mlock(pages, whole(bytes));  // more than RLIMIT_MEMLOCK allows stays unlocked
    return pages;
  }
  void do_deallocate(void* pages, std::size_t bytes, std::size_t) override { ::munmap(pages, whole(bytes)); }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

}  // namespace

std::pmr::memory_resource& secret_memory() {
  // Never destroyed: secrets of static objects may outlive everything else.
  static auto* const pages = new Pages;
  static auto* const pool = new std::pmr::synchronized_pool_resource({.max_blocks_per_chunk = 64}, pages);
  return *pool;
}

}  // namespace postern
