#include "io/cf.hpp"

#include "tests/io/support.hpp"

using namespace tessera::io;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Dtype;
using tessera::runtime::ErrorCode;

namespace {
Attributes attributes_of(const nlohmann::json& json) {
  Attributes attributes;
  for (const auto& [name, value] : json.items()) {
    if (value.is_string()) attributes[name] = value.get<std::string>();
    else if (value.is_number_integer()) attributes[name] = value.get<std::int64_t>();
    else attributes[name] = value.get<double>();
  }
  return attributes;
}

Block stored_of(Dtype dtype, const nlohmann::json& texts) {
  return tessera::arrays::with_real_type(dtype, [&]<class T>() {
    return Block::make<T>({static_cast<std::int64_t>(texts.size())}, [&](std::span<T> to) {
      for (std::size_t i = 0; i < to.size(); ++i) {
        const std::string text = texts[i];
        if constexpr (std::is_floating_point_v<T>) to[i] = static_cast<T>(std::stod(text));
        else if constexpr (std::is_signed_v<T>) to[i] = static_cast<T>(std::stoll(text));
        else to[i] = static_cast<T>(std::stoull(text));
      }
    });
  });
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_cf)

BOOST_AUTO_TEST_CASE(every_type_with_every_mixture_of_attributes_decodes_as_in_xarray_to_the_bit) {
  const auto cases = golden("packing");
  BOOST_TEST(cases.size() > 90u);
  for (const auto& one : cases) BOOST_TEST_CONTEXT(one.dump()) {
    const Dtype dtype = *tessera::arrays::dtype_named(one["dtype"].get<std::string>());
    Attributes attributes = attributes_of(one["attributes"]);
    const auto packing = take_packing(attributes, dtype);
    BOOST_REQUIRE(packing);
    BOOST_TEST(attributes.empty());
    const Block decoded = decode(*packing, stored_of(dtype, one["stored"]));
    BOOST_TEST(to_string(decoded.dtype()) == one["decoded_dtype"].get<std::string>());
    BOOST_TEST(checksum(decoded) == one["checksum"].get<std::uint32_t>());
  }
}

BOOST_AUTO_TEST_CASE(a_fill_of_nan_masks_nothing_and_keeps_the_type) {
  Attributes attributes{{"_FillValue", std::nan("")}, {"missing_value", std::vector<double>{1, 2}}, {"units", "K"}};
  const auto packing = take_packing(attributes, Dtype::float64);
  BOOST_REQUIRE(packing);
  BOOST_TEST((packing->fills == std::vector<double>{1, 2}));
  BOOST_TEST((packing->decoded == Dtype::float64));
  BOOST_TEST(attributes.size() == 1u);
}

BOOST_AUTO_TEST_CASE(attributes_that_are_no_numbers_are_refused_by_name) {
  for (const char* name : {"_FillValue", "missing_value", "scale_factor", "add_offset"}) {
    Attributes attributes{{name, "-999"}};
    BOOST_TEST(contains(refusal(take_packing(attributes, Dtype::int16), ErrorCode::bad_input), std::string(name) + " is the text \"-999\""));
  }
  Attributes attributes{{"scale_factor", std::vector<double>{1, 2}}};
  BOOST_TEST(contains(refusal(take_packing(attributes, Dtype::int16), ErrorCode::bad_input), "scale_factor has 2 numbers"));
}

BOOST_AUTO_TEST_SUITE_END()
