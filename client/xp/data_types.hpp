/// @file
/// Questions about dtypes, under the names of the array API standard. All cost nothing; arrays answer by `x.dtype()`.
#pragma once
#include "client/array.hpp"

#include <string_view>
#include <vector>

namespace tessera::xp {
using arrays::FloatInfo;
using arrays::IntegerInfo;
/// Whether every value of `from` is one of `to`; int64 and uint64 to float64 count, as in NumPy.
using arrays::can_cast;

/// Limits of a float; of a complex dtype those of its parts. Throws `type_mismatch` for others.
FloatInfo finfo(Dtype dtype);
/// Limits of an integer. Throws `type_mismatch` for others.
IntegerInfo iinfo(Dtype dtype);
/// `kind`: "bool", "signed integer", "unsigned integer", "integral", "real floating", "complex floating", "numeric". Throws
/// `invalid_argument` where there is no such kind.
bool isdtype(Dtype dtype, std::string_view kind);
/// The dtype that holds values of all, at least one. Throws `type_mismatch` where there is none: int64 with uint64, time with anything but itself.
Dtype result_type(const std::vector<Dtype>& dtypes);
}  // namespace tessera::xp
