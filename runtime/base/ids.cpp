#include "runtime/base/ids.hpp"

#include <fmt/format.h>

namespace tessera::runtime {
std::string to_string(const Key& key) { return fmt::format("{:016x}{:016x}", key.high, key.low); }
}  // namespace tessera::runtime
