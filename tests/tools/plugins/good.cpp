#include "client/operation.hpp"

namespace {
std::int64_t plugged(std::int64_t x) { return 3 * x; }
TESSERA_OPERATION(plugged);
}  // namespace
