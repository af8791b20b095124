/// @file
/// Independent pieces of work on several threads.
#pragma once
#include <cstddef>
#include <functional>
#include <vector>

namespace tessera::cli {
/// Calls `work` with each of `numbers`, in their order, on so many threads (0: as many as there are CPUs), and `finished` with each on this thread, in the order in which they end.
/// False: Ctrl-C or SIGTERM came, and what had not begun was left out; a second one ends the process at once. What `work` and `finished` throw, it throws once no thread is left.
bool in_parallel(const std::vector<std::size_t>& numbers, unsigned threads, const std::function<void(std::size_t)>& work, const std::function<void(std::size_t)>& finished);
}  // namespace tessera::cli
