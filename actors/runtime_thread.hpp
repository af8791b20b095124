/// @file
/// Marks threads of the runtime, so that a blocking call on one is an error and no deadlock.
#pragma once

namespace tessera::actors {
/// Whether this thread belongs to the runtime, so that a blocking call on it could never end.
bool inside_runtime();

/// Marks the calling thread for the life of the object.
class RuntimeThread {
 public:
  RuntimeThread();
  ~RuntimeThread();
};
}  // namespace tessera::actors
