// What the tests of io/ share: folders that go with the test, expected values, ways to break files.
#pragma once
#include "arrays/block.hpp"
#include "io/variable.hpp"
#include "runtime/base/result.hpp"

#include <boost/crc.hpp>
#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

namespace tessera::io::test {
inline std::string source(const std::string& path) { return std::string(TESSERA_SOURCE_DIR) + "/" + path; }

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("tessera-io-" + std::to_string(getpid()) + "-" + std::to_string(count++));
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  /// Names in it, in order.
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& one : std::filesystem::directory_iterator(path)) all.push_back(one.path().filename().string());
    std::ranges::sort(all);
    return all;
  }
  static inline int count = 0;
};

inline std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  BOOST_REQUIRE_MESSAGE(in, "no file " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline std::string put(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return path;
}

/// What tests/oracles/io.py computed.
inline nlohmann::json golden(const std::string& name) {
  return nlohmann::json::parse(content(source("tests/io/golden/" + name + ".json")));
}

/// As in the oracle: CRC-32 of the bytes, every NaN as the quiet one.
inline std::uint32_t checksum(const arrays::Block& block) {
  return arrays::with_real_type(block.dtype(), [&]<class T>() {
    boost::crc_32_type crc;
    for (T value : block.data<T>()) {
      if constexpr (std::is_floating_point_v<T>)
        if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
      crc.process_bytes(&value, sizeof value);
    }
    return static_cast<std::uint32_t>(crc.checksum());
  });
}

inline std::vector<double> numbers(const arrays::Block& block) {
  return Coordinate{{}, block, {}}.numbers();
}

/// That dimensions and dtype of a variable are those expected.
inline void check_description(const Variable& variable, const nlohmann::json& expected) {
  BOOST_TEST_CONTEXT(variable.name) {
    BOOST_TEST(arrays::to_string(variable.dtype) == expected["dtype"].get<std::string>());
    BOOST_TEST(text_of(variable.attributes, "units") == expected["units"].get<std::string>());
    BOOST_TEST_REQUIRE(variable.dimensions.size() == expected["dimensions"].size());
    for (std::size_t d = 0; d < variable.dimensions.size(); ++d) {
      BOOST_TEST(variable.dimensions[d].name == expected["dimensions"][d]["name"].get<std::string>());
      BOOST_TEST(variable.dimensions[d].numbers() == expected["dimensions"][d]["values"].get<std::vector<double>>(),
                 boost::test_tools::per_element());
    }
  }
}

/// That values are those expected, to the bit; samples say where they begin to differ.
inline void check_values(const arrays::Block& block, const nlohmann::json& expected) {
  const std::vector<double> values = numbers(block);
  for (const auto& sample : expected["samples"]) {
    const double value = values.at(sample[0].get<std::size_t>());
    if (sample[1].is_null()) BOOST_TEST(std::isnan(value));
    else BOOST_TEST(value == sample[1].get<double>());
  }
  BOOST_TEST(std::ranges::count_if(values, [](double one) { return std::isnan(one); }) == expected["missing"].get<std::int64_t>());
  BOOST_TEST(checksum(block) == expected["checksum"].get<std::uint32_t>());
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// The sentence of a failure, which must have that code.
template <class T>
std::string refusal(const runtime::Result<T>& result, runtime::ErrorCode code) {
  BOOST_REQUIRE(!result);
  BOOST_TEST((result.failure().code == code), result.failure().message);
  return result.failure().message;
}

/// The value of a result that must have one.
template <class T>
T must(runtime::Result<T> result) {
  BOOST_REQUIRE_MESSAGE(bool(result), (result ? std::string() : result.failure().message));
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
}  // namespace tessera::io::test
