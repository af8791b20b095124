#include "client/xp/data_types.hpp"

#include "client/array/face.hpp"

#include <fmt/format.h>

namespace tessera::xp {
FloatInfo finfo(Dtype dtype) {
  if (const auto info = arrays::finfo(dtype)) return *info;
  throw Error(ErrorCode::type_mismatch, fmt::format("finfo is of float32, float64, complex64 and complex128, not of {}", arrays::to_string(dtype)));
}
IntegerInfo iinfo(Dtype dtype) {
  if (const auto info = arrays::iinfo(dtype)) return *info;
  throw Error(ErrorCode::type_mismatch, fmt::format("iinfo is of integers, not of {}", arrays::to_string(dtype)));
}
bool isdtype(Dtype dtype, std::string_view kind) {
  if (const auto is = arrays::is_dtype(dtype, kind)) return *is;
  throw Error(ErrorCode::invalid_argument, fmt::format("isdtype: there is no kind \"{}\"; there are \"bool\", \"signed integer\", \"unsigned integer\", \"integral\", \"real floating\", "
                                                       "\"complex floating\" and \"numeric\"", kind));
}
Dtype result_type(const std::vector<Dtype>& dtypes) {
  if (dtypes.empty()) throw Error(ErrorCode::invalid_argument, "result_type takes at least one dtype");
  return detail::need(arrays::result_type(std::span<const Dtype>(dtypes)));
}
}  // namespace tessera::xp
