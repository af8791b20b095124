// Blocks that are known from their index.
#include "arrays/kernels/make.hpp"
#include "arrays/kernels/philox.hpp"

#include <boost/test/unit_test.hpp>

using namespace tessera::arrays;
using namespace tessera::arrays::kernels;

BOOST_AUTO_TEST_SUITE(arrays_kernels_make)

BOOST_AUTO_TEST_CASE(philox_gives_the_numbers_that_its_authors_publish) {
  using Four = std::array<std::uint32_t, 4>;
  BOOST_TEST((philox({}, {}) == Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xffffffff;
  BOOST_TEST((philox({ones, ones, ones, ones}, {ones, ones}) == Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) == Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(what_comes_from_elsewhere_is_checked) {
  using Kind = Make::Kind;
  const Shape one{1}, two{1, 1};
  const auto refused = [](const Make& what, Dtype dtype, const Shape& shape) { return !made(what, dtype, Shape(shape.size(), 0), shape, shape); };
  BOOST_TEST(refused({static_cast<Kind>(17)}, Dtype::float64, one));
  BOOST_TEST(refused({Kind::full}, Dtype::float64, one));
  BOOST_TEST(refused({Kind::range, {Scalar::of(0.0), Scalar::of(1.0)}}, Dtype::float64, two));
  BOOST_TEST(refused({Kind::eye}, Dtype::float64, one));
  BOOST_TEST(refused({Kind::uniform}, Dtype::int32, one));
  BOOST_TEST(refused({Kind::linspace, {Scalar::of(std::int64_t{0}), Scalar::of(std::int64_t{1})}}, Dtype::int64, one));
  BOOST_TEST(!refused({Kind::eye}, Dtype::boolean, two));
}
BOOST_AUTO_TEST_SUITE_END()
