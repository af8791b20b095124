#include "arrays/promotion.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace tessera::arrays;
using tessera::runtime::ErrorCode;

namespace {
std::string together(Dtype a, Dtype b) {
  const auto both = result_type(a, b);
  return both ? std::string(to_string(*both)) : "none";
}
std::string with_number(Dtype dtype, const Number& number) {
  const auto both = result_type(dtype, number);
  return both ? std::string(to_string(*both)) : both.failure().message;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(arrays_kernels_promotion)

// np.promote_types of NumPy 1.24 but for int64 with uint64, which the standard leaves undefined: there it is an error.
BOOST_AUTO_TEST_CASE(dtypes_promote_as_the_standard_and_numpy_say) {
  // clang-format off
  const char* const table[real_dtype_count][real_dtype_count] = {
  // bool       int8       int16      int32      int64      uint8      uint16     uint32     uint64     float32    float64
    {"bool",    "int8",    "int16",   "int32",   "int64",   "uint8",   "uint16",  "uint32",  "uint64",  "float32", "float64"},
    {"int8",    "int8",    "int16",   "int32",   "int64",   "int16",   "int32",   "int64",   "none",    "float32", "float64"},
    {"int16",   "int16",   "int16",   "int32",   "int64",   "int16",   "int32",   "int64",   "none",    "float32", "float64"},
    {"int32",   "int32",   "int32",   "int32",   "int64",   "int32",   "int32",   "int64",   "none",    "float64", "float64"},
    {"int64",   "int64",   "int64",   "int64",   "int64",   "int64",   "int64",   "int64",   "none",    "float64", "float64"},
    {"uint8",   "int16",   "int16",   "int32",   "int64",   "uint8",   "uint16",  "uint32",  "uint64",  "float32", "float64"},
    {"uint16",  "int32",   "int32",   "int32",   "int64",   "uint16",  "uint16",  "uint32",  "uint64",  "float32", "float64"},
    {"uint32",  "int64",   "int64",   "int64",   "int64",   "uint32",  "uint32",  "uint32",  "uint64",  "float64", "float64"},
    {"uint64",  "none",    "none",    "none",    "none",    "uint64",  "uint64",  "uint64",  "uint64",  "float64", "float64"},
    {"float32", "float32", "float32", "float64", "float64", "float32", "float32", "float64", "float64", "float32", "float64"},
    {"float64", "float64", "float64", "float64", "float64", "float64", "float64", "float64", "float64", "float64", "float64"}};
  // clang-format on
  for (std::uint8_t a = 0; a < real_dtype_count; ++a)
    for (std::uint8_t b = 0; b < real_dtype_count; ++b) BOOST_TEST(together(static_cast<Dtype>(a), static_cast<Dtype>(b)) == table[a][b]);
  using enum Dtype;
  for (const auto& [real, with64] : {std::pair(boolean, "complex64"), {int16, "complex64"}, {uint16, "complex64"}, {float32, "complex64"},
                                     {int32, "complex128"}, {uint64, "complex128"}, {float64, "complex128"}}) {
    BOOST_TEST(together(real, complex64) == with64);
    BOOST_TEST(together(complex64, real) == with64);
    BOOST_TEST(together(real, complex128) == "complex128");
  }
  BOOST_TEST(together(complex64, complex128) == "complex128");
  BOOST_TEST(together(datetime64, datetime64) == "datetime64[ns]");
  BOOST_TEST(together(datetime64, timedelta64) == "none");
  BOOST_TEST(together(timedelta64, float64) == "none");
}

BOOST_AUTO_TEST_CASE(a_refusal_names_both_dtypes_and_the_remedy) {
  BOOST_TEST(result_type(Dtype::int64, Dtype::uint64).failure().message ==
             "there is no dtype for int64 and uint64 together; convert one of them with astype first");
  BOOST_TEST((result_type(Dtype::int64, Dtype::uint64).failure().code == ErrorCode::type_mismatch));
}

BOOST_AUTO_TEST_CASE(numbers_of_the_program_take_the_dtype_of_the_array) {
  using enum Dtype;
  BOOST_TEST(with_number(float32, 1.5) == "float32");
  BOOST_TEST(with_number(float32, std::int64_t{3}) == "float32");
  BOOST_TEST(with_number(int8, std::int64_t{127}) == "int8");
  BOOST_TEST(with_number(int8, std::int64_t{128}) == "128 is not within int8; convert the array with astype first");
  BOOST_TEST(with_number(uint8, std::int64_t{-1}) == "-1 is not within uint8; convert the array with astype first");
  BOOST_TEST(with_number(uint64, std::int64_t{1}) == "uint64");
  BOOST_TEST(with_number(int8, 1.5) == "float64");
  BOOST_TEST(with_number(boolean, std::int64_t{1}) == "int64");
  BOOST_TEST(with_number(boolean, true) == "bool");
  BOOST_TEST(with_number(float32, std::complex<double>(0, 1)) == "complex64");
  BOOST_TEST(with_number(int32, std::complex<double>(0, 1)) == "complex128");
  BOOST_TEST(with_number(complex64, 1.5) == "complex64");
}

BOOST_AUTO_TEST_CASE(casts_that_keep_every_value_are_told_from_those_that_do_not) {
  using enum Dtype;
  BOOST_TEST(can_cast(int8, int16));
  BOOST_TEST(can_cast(uint8, int16));
  BOOST_TEST(!can_cast(uint8, int8));
  BOOST_TEST(!can_cast(int8, uint8));
  BOOST_TEST(can_cast(int64, float64));
  BOOST_TEST(!can_cast(int32, float32));
  BOOST_TEST(can_cast(float32, complex64));
  BOOST_TEST(!can_cast(complex64, float32));
  BOOST_TEST(!can_convert(complex64, float32));
  BOOST_TEST(can_convert(complex64, boolean));
  BOOST_TEST(can_convert(float64, int8));
  BOOST_TEST(can_convert(datetime64, int64));
  BOOST_TEST(!can_convert(datetime64, timedelta64));
  BOOST_TEST(!can_convert(float64, datetime64));
}

BOOST_AUTO_TEST_CASE(limits_are_those_of_the_types) {
  BOOST_TEST(finfo(Dtype::complex64)->bits == 32);
  BOOST_TEST(finfo(Dtype::float64)->eps == 0x1p-52);
  BOOST_TEST(finfo(Dtype::float32)->smallest_normal == 0x1p-126);
  BOOST_TEST(!finfo(Dtype::int8));
  BOOST_TEST(iinfo(Dtype::int8)->min == -128);
  BOOST_TEST(iinfo(Dtype::uint64)->max == ~std::uint64_t{0});
  BOOST_TEST(!iinfo(Dtype::boolean));
  BOOST_TEST(is_dtype(Dtype::uint8, "integral").value());
  BOOST_TEST(!is_dtype(Dtype::boolean, "numeric").value());
  BOOST_TEST(!is_dtype(Dtype::float32, "floating").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
