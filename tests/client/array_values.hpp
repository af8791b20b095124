// What tests of lazy arrays share: values, arrays that count, and refusals.
#pragma once
#include "with_cluster.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace tessera::test {
using Doubles = std::vector<double>;
using Longs = std::vector<std::int64_t>;

/// Computed optimised and plain, which have the same bits (K7).
template <class T>
std::vector<T> values(const Array& array) {
  const Block block = array.compute(cluster());
  BOOST_TEST((array.compute(cluster(), {.optimise = false}) == block));
  BOOST_REQUIRE((block.dtype() == arrays::dtype_of<T>() && array.dtype() == block.dtype()));
  BOOST_REQUIRE(std::ranges::equal(array.shape(), block.shape(), [](auto said, auto is) { return said == is || said == arrays::shape::unknown_length; }));
  return {block.data<T>().begin(), block.data<T>().end()};
}
/// 0, 1, 2, ... in that shape.
inline Array counting(const arrays::Shape& shape, const ChunkSpec& chunks, Dtype dtype = Dtype::float64) {
  return xp::rechunk(xp::reshape(xp::arange(*arrays::element_count(shape), {.dtype = dtype}), shape), chunks);
}
/// The same elements, which the program does not have.
inline Array lazy(const Array& x) { return x + 0; }

template <class Build>
void refused(const Build& build, const std::string& words, ErrorCode code = ErrorCode::invalid_argument) {
  try {
    build();
    BOOST_ERROR("nothing was refused, but \"" << words << "\" was expected");
  } catch (const Error& error) {
    BOOST_TEST((error.code() == code), error.what());
    BOOST_TEST(std::string(error.what()).find(words) != std::string::npos, error.what());
  }
}
}  // namespace tessera::test
