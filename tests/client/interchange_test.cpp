// Blocks in a stream and for other libraries.
#include "tests/client/with_cluster.hpp"

#include "client/tessera.hpp"

#include <boost/test/unit_test.hpp>
#include <dlpack/dlpack.h>

#include <limits>
#include <numeric>
#include <sstream>

using namespace tessera;
using arrays::Datetime;
using arrays::Shape;
using test::cluster;
using test::WithCluster;

namespace {
template <class T>
std::string text(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}
Block counting(const Shape& shape) {
  return Block::make<std::int32_t>(arrays::ShapeView(shape), [](std::span<std::int32_t> to) { std::iota(to.begin(), to.end(), 0); });
}
}  // namespace

BOOST_AUTO_TEST_SUITE(client_interchange)

BOOST_AUTO_TEST_CASE(a_block_looks_as_numpy_prints_it) {
  BOOST_TEST(text(counting({2, 3})) == "[[0 1 2]\n [3 4 5]]");
  BOOST_TEST(text(Block::of<double>({3}, {0, 0.5, -12.25})) == "[  0.     0.5  -12.25]");
  BOOST_TEST(text(Block::of<double>({2}, {1e10, 1.5})) == "[1.0e+10 1.5e+00]");
  BOOST_TEST(text(Block::of<double>({2}, {1e10, 1})) == "[1.e+10 1.e+00]");
  BOOST_TEST(text(Block::of<float>({2}, {0.1f, 123.456f})) == "[1.00000e-01 1.23456e+02]");
  BOOST_TEST(text(Block::of<double>({3}, {1.0 / 3, std::numeric_limits<double>::quiet_NaN(), -std::numeric_limits<double>::infinity()})) ==
             "[0.33333333        nan       -inf]");
  BOOST_TEST(text(Block::of<bool>({2}, {true, false})) == "[ True False]");
  BOOST_TEST(text(Block::of<std::complex<double>>({2}, {{1, 2}, {0.5, -1}})) == "[1. +2.j 0.5-1.j]");
  BOOST_TEST(text(Block::of<Datetime>({1}, {{1'000'000'001}})) == "['1970-01-01T00:00:01.000000001']");
  BOOST_TEST(text(Block::of<double>({}, {2.5})) == "2.5");
  BOOST_TEST(text(Block::of<double>({0, 3}, {})) == "[]");
  BOOST_TEST(text(counting({1001})) == "[   0    1    2 ...  998  999 1000]");
  BOOST_TEST(text(counting({2, 2, 2})) == "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]");
  BOOST_TEST(text(counting({400, 3})) == "[[   0    1    2]\n [   3    4    5]\n [   6    7    8]\n ...\n [1191 1192 1193]\n [1194 1195 1196]\n [1197 1198 1199]]");
  BOOST_TEST(text(counting({40})) == "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39]");
}

BOOST_AUTO_TEST_CASE(an_array_tells_its_metadata_and_computes_nothing) {
  BOOST_TEST(text(xp::zeros({8000, 8000}, {.chunks = 1000})) == "Array float64 (8000, 8000), chunks (8 x 1000, 8 x 1000): 64 of at most 7.6 MiB");
}

BOOST_AUTO_TEST_CASE(a_tensor_shares_the_block_and_comes_back_as_it_was) {
  const Block block = counting({2, 3});
  DLManagedTensor* tensor = to_dlpack(block);
  BOOST_TEST(tensor->dl_tensor.data == static_cast<const void*>(block.data<std::int32_t>().data()));
  BOOST_TEST(tensor->dl_tensor.ndim == 2);
  BOOST_TEST(tensor->dl_tensor.shape[1] == 3);
  BOOST_TEST(int{tensor->dl_tensor.dtype.bits} == 32);
  BOOST_TEST((from_dlpack(tensor) == block));  // It is gone then.
  for (const Block& one : {Block::of<bool>({2}, {true, false}), Block::of<std::complex<float>>({1}, {{1, 2}}), Block::of<double>({0}, {}), Block::of<std::uint16_t>({}, {7})})
    BOOST_TEST((from_dlpack(to_dlpack(one)) == one));
}

BOOST_AUTO_TEST_CASE(a_tensor_of_any_strides_becomes_a_block_and_is_deleted_once) {
  std::vector<float> values{0, 1, 2, 3, 4, 5};
  std::int64_t shape[] = {3, 2}, strides[] = {1, -3};
  int deleted = 0;
  DLManagedTensor tensor{};
  tensor.dl_tensor = {values.data(), {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 3 * sizeof(float)};
  tensor.manager_ctx = &deleted;
  tensor.deleter = [](DLManagedTensor* self) { ++*static_cast<int*>(self->manager_ctx); };
  BOOST_TEST((from_dlpack(&tensor) == Block::of<float>({3, 2}, {3, 0, 4, 1, 5, 2})));
  BOOST_TEST(deleted == 1);
  const auto refused = [&](const std::string& words) {
    BOOST_CHECK_EXCEPTION(from_dlpack(&tensor), Error, [&](const Error& error) { return std::string(error.what()).find(words) != std::string::npos; });
  };
  tensor.dl_tensor.dtype.bits = 16;
  refused("no dtype has the DLPack code 2 with 16 bits");
  tensor.dl_tensor.dtype.bits = 32, tensor.dl_tensor.device.device_type = kDLCUDA;
  refused("not in main memory");
  tensor.dl_tensor.device.device_type = kDLCPU, shape[0] = -1;
  refused("no block has the tensor's shape (-1, 2)");
  BOOST_TEST(deleted == 1);
  BOOST_CHECK_THROW(to_dlpack(Block::of<Datetime>({1}, {{0}})), Error);
}

BOOST_AUTO_TEST_SUITE_END()
