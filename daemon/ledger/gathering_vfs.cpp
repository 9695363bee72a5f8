// SPDX-License-Identifier: Apache-2.0
#include "ledger/gathering_vfs.hpp"

#include <sqlite3.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <vector>

namespace postern::ledger {
namespace {

// Then it is written, sync or not. SQLite's own VFS takes no more than 131,071 bytes at a time: of a longer write it
// looks at the low 17 bits of the length only.
constexpr std::size_t kMostGathered = 120 * 1024;

/// What stands in front of the file of the VFS below, in the memory that SQLite gives for both.
struct File {
  sqlite3_file base;
  std::vector<char>* gathered;
  sqlite3_int64 at;  ///< where the gathered bytes belong
};

File& self(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
}

/// Everything but an append comes after what was gathered before it.
int flush(sqlite3_file* file) {
  File& mine = self(file);
  if (mine.gathered->empty()) return SQLITE_OK;
  const int code = below(file)->pMethods->xWrite(below(file), mine.gathered->data(),
                                                 static_cast<int>(mine.gathered->size()), mine.at);
  mine.gathered->clear();  // after an error, too: SQLite rolls back and writes anew
  return code;
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
  File& mine = self(file);
  const auto held = static_cast<sqlite3_int64>(mine.gathered->size());
  if (held > 0 && (mine.at + held != at || mine.gathered->size() + static_cast<std::size_t>(size) > kMostGathered))
    if (const int code = flush(file); code != SQLITE_OK) return code;
  if (mine.gathered->empty()) mine.at = at;
  try {
    const auto* bytes = static_cast<const char*>(data);
    mine.gathered->insert(mine.gathered->end(), bytes, bytes + size);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

/// Flushes, then does on the file below what the method's name says.
template <auto Method, typename... Arguments>
int after_flush(sqlite3_file* file, Arguments... arguments) {
  if (const int code = flush(file); code != SQLITE_OK) return code;
  return (below(file)->pMethods->*Method)(below(file), arguments...);
}

int close(sqlite3_file* file) {
  const int code = flush(file);
  const int closed = below(file)->pMethods->xClose(below(file));
  delete self(file).gathered;
  return code != SQLITE_OK ? code : closed;
}
int sector_size(sqlite3_file* file) {
  return below(file)->pMethods->xSectorSize(below(file));
}
int characteristics(sqlite3_file* file) {
  return below(file)->pMethods->xDeviceCharacteristics(below(file));
}

using Methods = sqlite3_io_methods;
const Methods kMethods = {
    .iVersion = 1,  // without shared memory and mapping, which a log has none of
    .xClose = close,
    .xRead = after_flush<&Methods::xRead, void*, int, sqlite3_int64>,
    .xWrite = write,
    .xTruncate = after_flush<&Methods::xTruncate, sqlite3_int64>,
    .xSync = after_flush<&Methods::xSync, int>,
    .xFileSize = after_flush<&Methods::xFileSize, sqlite3_int64*>,
    .xLock = after_flush<&Methods::xLock, int>,
    .xUnlock = after_flush<&Methods::xUnlock, int>,
    .xCheckReservedLock = after_flush<&Methods::xCheckReservedLock, int*>,
    .xFileControl = after_flush<&Methods::xFileControl, int, void*>,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

/// A registered VFS and the name that it lives under.
struct Gathering {
  std::string name;
  sqlite3_vfs vfs{};
};

sqlite3_vfs* below(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

/// The log gets a file of ours in front; any other file is opened as if we were not there.
int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  if (!(flags & SQLITE_OPEN_WAL)) return below(vfs)->xOpen(below(vfs), name, file, flags, out);
  file->pMethods = nullptr;
  std::memset(static_cast<void*>(below(file)), 0, static_cast<std::size_t>(below(vfs)->szOsFile));
  const int code = below(vfs)->xOpen(below(vfs), name, below(file), flags, out);
  if (code != SQLITE_OK) return code;
  self(file).gathered = new (std::nothrow) std::vector<char>;
  if (!self(file).gathered) {
    below(file)->pMethods->xClose(below(file));
    return SQLITE_NOMEM;
  }
  self(file).at = 0;
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

// The other methods get the VFS below, whose own data they may look for.
template <auto Method, typename... Arguments>
auto pass(sqlite3_vfs* vfs, Arguments... arguments) {
  return (below(vfs)->*Method)(below(vfs), arguments...);
}

}  // namespace

const char* gathering_vfs(const char* name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<Gathering>> made;
  sqlite3_vfs* const base = sqlite3_vfs_find(name);
  if (!base) return name;  // opening it will say that there is no such VFS
  const std::lock_guard lock(mutex);
  auto& gathering = made[base->zName];
  if (gathering) return gathering->name.c_str();
  gathering = std::make_unique<Gathering>();
  gathering->name = std::string(base->zName) + "-gathering";
  sqlite3_vfs& vfs = gathering->vfs;
  vfs = *base;
  vfs.zName = gathering->name.c_str();
  vfs.pNext = nullptr;
  vfs.pAppData = base;
  vfs.szOsFile += static_cast<int>(sizeof(File));
  vfs.xOpen = open;
  vfs.xDelete = pass<&sqlite3_vfs::xDelete, const char*, int>;
  vfs.xAccess = pass<&sqlite3_vfs::xAccess, const char*, int, int*>;
  vfs.xFullPathname = pass<&sqlite3_vfs::xFullPathname, const char*, int, char*>;
  vfs.xRandomness = pass<&sqlite3_vfs::xRandomness, int, char*>;
  vfs.xSleep = pass<&sqlite3_vfs::xSleep, int>;
  vfs.xCurrentTime = pass<&sqlite3_vfs::xCurrentTime, double*>;
  vfs.xGetLastError = pass<&sqlite3_vfs::xGetLastError, int, char*>;
  if (vfs.iVersion >= 2) vfs.xCurrentTimeInt64 = pass<&sqlite3_vfs::xCurrentTimeInt64, sqlite3_int64*>;
  vfs.iVersion =
      vfs.iVersion >= 2 ? 2 : vfs.iVersion;  // without the third's system calls, which are not ours to change
  sqlite3_vfs_register(&vfs, 0);
  return gathering->name.c_str();
}

}  // namespace postern::ledger
