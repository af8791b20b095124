#include "arrays/dtype.hpp"

namespace tessera::arrays {
namespace {
constexpr std::string_view names[dtype_count] = {
    "bool",   "int8",   "int16",   "int32",   "int64",     "uint8",      "uint16",         "uint32",
    "uint64", "float32", "float64", "complex64", "complex128", "datetime64[ns]", "timedelta64[ns]"};
}  // namespace

std::string_view to_string(Dtype dtype) { return names[static_cast<std::uint8_t>(dtype)]; }

std::optional<Dtype> dtype_named(std::string_view name) {
  for (std::uint8_t i = 0; i < dtype_count; ++i)
    if (names[i] == name) return static_cast<Dtype>(i);
  return std::nullopt;
}
}  // namespace tessera::arrays
