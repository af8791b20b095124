#include "io/cf.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace tessera::io {
using arrays::Dtype;
using runtime::ErrorCode;
using runtime::Failure;

namespace {
bool is_float(Dtype dtype) { return dtype == Dtype::float32 || dtype == Dtype::float64; }

/// The integer of the same size with a sign, or without one.
Dtype with_sign(Dtype dtype, bool is_signed) {
  return arrays::with_real_type(dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>)
      return is_signed ? arrays::dtype_of<std::make_signed_t<T>>() : arrays::dtype_of<std::make_unsigned_t<T>>();
    else return dtype;
  });
}

/// The numbers of an attribute, which is taken out.
runtime::Result<std::vector<double>> take_numbers(Attributes& attributes, const std::string& name) {
  const auto node = attributes.extract(name);
  if (node.empty()) return std::vector<double>();
  const AttributeValue& value = node.mapped();
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::vector<double>{static_cast<double>(*integer)};
  if (const auto* number = std::get_if<double>(&value)) return std::vector<double>{*number};
  if (const auto* numbers = std::get_if<std::vector<double>>(&value)) return *numbers;
  return Failure{ErrorCode::bad_input, fmt::format("its attribute {} is the text \"{}\", not a number", name,
                                                   std::get<std::string>(value))};
}

runtime::Result<std::optional<double>> take_number(Attributes& attributes, const std::string& name) {
  const auto numbers = take_numbers(attributes, name);
  if (!numbers) return numbers.failure();
  if (numbers->size() > 1)
    return Failure{ErrorCode::bad_input, fmt::format("its attribute {} has {} numbers, not one", name, numbers->size())};
  return numbers->empty() ? std::optional<double>() : numbers->front();
}

template <class From, class To>
void decode_as(const Packing& packing, const From* from, To* to, std::size_t count) {
  const auto scale = static_cast<To>(packing.scale.value_or(1)), offset = static_cast<To>(packing.offset.value_or(0));
  for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
  // Fills are looked for before anything is scaled, and marked in place: NaN stays NaN through the arithmetic.
  if constexpr (std::is_floating_point_v<To>) {
    for (const double fill : packing.fills)
      for (std::size_t i = 0; i < count; ++i)
        if (to[i] == static_cast<To>(fill)) to[i] = std::numeric_limits<To>::quiet_NaN();
    if (packing.scale)
      for (std::size_t i = 0; i < count; ++i) to[i] *= scale;
    if (packing.offset)
      for (std::size_t i = 0; i < count; ++i) to[i] += offset;
  }
}
}  // namespace

runtime::Result<Packing> take_packing(Attributes& attributes, Dtype stored) {
  Packing packing;
  packing.seen_as = stored;
  bool unsign = false;
  if (!is_float(stored)) {
    const std::string text = text_of(attributes, "_Unsigned");
    unsign = text == "true" && with_sign(stored, true) == stored;
    if (unsign) packing.seen_as = with_sign(stored, false);
    if (text == "false") packing.seen_as = with_sign(stored, true);
    attributes.erase("_Unsigned");
  }
  for (const char* name : {"_FillValue", "missing_value"}) {
    const auto numbers = take_numbers(attributes, name);
    if (!numbers) return numbers.failure();
    for (double one : *numbers) {
      // Written as a signed number, too; `missing_value` is not: so does xarray.
      if (unsign && one < 0 && std::string_view(name) == "_FillValue")
        one += std::ldexp(1.0, static_cast<int>(8 * arrays::size_bytes(stored)));
      if (!std::isnan(one)) packing.fills.push_back(one);
    }
  }
  const auto scale = take_number(attributes, "scale_factor"), offset = take_number(attributes, "add_offset");
  if (!scale) return scale.failure();
  if (!offset) return offset.failure();
  packing.scale = *scale, packing.offset = *offset;
  packing.decoded = packing.seen_as;
  if (is_float(packing.seen_as)) return packing;
  const bool narrow = arrays::size_bytes(stored) <= 2;
  if (!packing.fills.empty()) packing.decoded = narrow ? Dtype::float32 : Dtype::float64;
  else if (packing.offset) packing.decoded = Dtype::float64;
  else if (packing.scale) packing.decoded = narrow ? Dtype::float32 : Dtype::float64;
  return packing;
}

void decode(const Packing& packing, std::span<const std::byte> stored, std::span<std::byte> decoded) {
  const bool same = packing.fills.empty() && !packing.scale && !packing.offset;
  if (same) {
    if (!stored.empty()) std::memcpy(decoded.data(), stored.data(), stored.size());
    return;
  }
  arrays::with_real_type(packing.seen_as, [&]<class From>() {
    const auto* from = reinterpret_cast<const From*>(stored.data());
    const std::size_t count = stored.size() / sizeof(From);
    if (packing.decoded == Dtype::float32) decode_as(packing, from, reinterpret_cast<float*>(decoded.data()), count);
    else decode_as(packing, from, reinterpret_cast<double*>(decoded.data()), count);
  });
}

arrays::Block decode(const Packing& packing, const arrays::Block& stored) {
  arrays::BlockBuilder builder(packing.decoded, stored.shape());
  decode(packing, stored.raw(), builder.raw());
  return std::move(builder).freeze();
}
}  // namespace tessera::io
