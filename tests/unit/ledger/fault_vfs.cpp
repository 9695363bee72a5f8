// SPDX-License-Identifier: Apache-2.0
#include "fault_vfs.hpp"

#include <cerrno>
#include <mutex>

namespace postern::ledger::test {
namespace {

std::mutex mutex;
Fault fault = Fault::none;
int left = 0;
bool sticky = false, has_struck = false;

/// Counts a change; the code with which it fails, or SQLITE_OK.
int change(bool is_sync) {
  std::lock_guard lock(mutex);
  if (fault == Fault::none || is_sync != (fault == Fault::sync_error)) return SQLITE_OK;
  --left;
  if (sticky ? left > 0 : left != 0) return SQLITE_OK;
  has_struck = true;
  errno = fault == Fault::disk_full ? ENOSPC : EIO;
  return fault == Fault::disk_full ? SQLITE_FULL : is_sync ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
}

struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real();
}

sqlite3_vfs* below() {
  return sqlite3_vfs_find(nullptr);
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
  if (const int code = change(false); code != SQLITE_OK) return code;
  return real(file)->pMethods->xWrite(real(file), bytes, count, at);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = change(false); code != SQLITE_OK) return code;
  return real(file)->pMethods->xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) {
  if (const int code = change(true); code != SQLITE_OK) return code;
  return real(file)->pMethods->xSync(real(file), flags);
}
int remove(sqlite3_vfs*, const char* name, int sync_directory) {
  if (const int code = change(false); code != SQLITE_OK) return code;
  return below()->xDelete(below(), name, sync_directory);
}

int close(sqlite3_file* f) {
  return real(f)->pMethods->xClose(real(f));
}
int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
  return real(f)->pMethods->xRead(real(f), to, n, at);
}
int size(sqlite3_file* f, sqlite3_int64* to) {
  return real(f)->pMethods->xFileSize(real(f), to);
}
int lock(sqlite3_file* f, int level) {
  return real(f)->pMethods->xLock(real(f), level);
}
int unlock(sqlite3_file* f, int level) {
  return real(f)->pMethods->xUnlock(real(f), level);
}
int reserved(sqlite3_file* f, int* to) {
  return real(f)->pMethods->xCheckReservedLock(real(f), to);
}
int control(sqlite3_file* f, int what, void* with) {
  return real(f)->pMethods->xFileControl(real(f), what, with);
}
int sector(sqlite3_file* f) {
  return real(f)->pMethods->xSectorSize(real(f));
}
int traits(sqlite3_file* f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
int shm_map(sqlite3_file* f, int n, int bytes, int extend, void volatile** to) {
  return real(f)->pMethods->xShmMap(real(f), n, bytes, extend, to);
}
int shm_lock(sqlite3_file* f, int at, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), at, n, flags);
}
void shm_barrier(sqlite3_file* f) {
  real(f)->pMethods->xShmBarrier(real(f));
}
int shm_unmap(sqlite3_file* f, int gone) {
  return real(f)->pMethods->xShmUnmap(real(f), gone);
}

const sqlite3_io_methods kMethods = {2,        close,       read,      write,   truncate, sync,   size,
                                     lock,     unlock,      reserved,  control, sector,   traits, shm_map,
                                     shm_lock, shm_barrier, shm_unmap, nullptr, nullptr};

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  file->pMethods = nullptr;
  const int code = below()->xOpen(below(), name, real(file), flags, out);
  if (code == SQLITE_OK) file->pMethods = &kMethods;
  return code;
}

}  // namespace

void FaultyDisk::install() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = *below();
    made.zName = kVfs;
    made.szOsFile += static_cast<int>(sizeof(File));
    made.xOpen = open;
    made.xDelete = remove;
    return made;
  }();
  sqlite3_vfs_register(&vfs, 0);
}

void FaultyDisk::arm(Fault what, int n, bool from_then_on) {
  std::lock_guard guard(mutex);
  fault = what;
  left = n;
  sticky = from_then_on;
  has_struck = false;
}

bool FaultyDisk::struck() {
  std::lock_guard guard(mutex);
  return has_struck;
}

}  // namespace postern::ledger::test
