// The values of the files that tests/oracles/npy.py writes.
#pragma once
#include "tests/io/support.hpp"

namespace tessera::io::test {
inline arrays::Block golden_values(arrays::Dtype dtype, const arrays::Shape& shape) {
  return arrays::with_type(dtype, [&]<class T>() {
    return arrays::Block::make<T>(arrays::ShapeView(shape), [](std::span<T> to) {
      for (std::size_t i = 0; i < to.size(); ++i) {
        const auto value = static_cast<std::int64_t>(i) * 259 - 5;
        if constexpr (std::is_same_v<T, bool>) to[i] = i % 3 == 0;
        else if constexpr (arrays::ComplexElement<T>) to[i] = {static_cast<typename T::value_type>(value), static_cast<typename T::value_type>(i)};
        else if constexpr (arrays::TimeElement<T>) to[i] = {i == 2 ? arrays::not_a_time : value};
        else to[i] = static_cast<T>(value);
      }
    });
  });
}
inline std::string golden_npy(const std::string& name) { return source("tests/io/golden/npy/" + name); }
}  // namespace tessera::io::test
