// The name of an operation, and another function.
#include "client/operation.hpp"

namespace {
double plugged(double a, double b) { return a + b; }
TESSERA_OPERATION(plugged);
}  // namespace
