#include "io/grib/framing.hpp"

#include "tests/io/support.hpp"

using namespace tessera::io;
using namespace tessera::io::grib;
using namespace tessera::io::test;
using tessera::runtime::ErrorCode;

namespace {
std::string big_endian(std::uint64_t value, int bytes) {
  std::string text;
  while (bytes-- > 0) text += static_cast<char>(value >> (8 * bytes));
  return text;
}
std::string edition1(std::size_t length, std::size_t stated) {
  return "GRIB" + big_endian(stated, 3) + '\1' + std::string(length - 12, '-') + "7777";
}
std::string edition1(std::size_t length) { return edition1(length, length); }
std::string edition2(std::size_t length) {
  return std::string("GRIB\0\0\0\2", 8) + big_endian(length, 8) + std::string(length - 20, '-') + "7777";
}
tessera::runtime::Result<Framing> framed(const std::string& bytes) {
  const Folder folder;
  return frame(*File::open(put(folder / "a.grib", bytes)));
}
std::string said(const std::string& bytes) { return refusal(framed(bytes), ErrorCode::bad_input); }

/// A section of GRIB 2; `body` is what stands behind its number.
std::string section(int number, const std::string& body) { return big_endian(body.size() + 5, 4) + static_cast<char>(number) + body; }
std::string message2(const std::string& sections) {
  return std::string("GRIB\0\0\0\2", 8) + big_endian(16 + sections.size() + 4, 8) + sections + "7777";
}
std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_grib_framing)

BOOST_AUTO_TEST_CASE(messages_of_both_editions_are_found_and_junk_between_them_is_skipped) {
  const std::string junk = "GRI GRI\n" + std::string(70000, 'G');
  const auto found = framed(edition1(40) + edition2(50) + junk + edition1(30) + "RIB");
  BOOST_REQUIRE(found);
  BOOST_TEST(found->warnings.empty());
  BOOST_TEST_REQUIRE(found->messages.size() == 3u);
  const std::uint64_t offsets[] = {0, 40, 90 + junk.size()}, lengths[] = {40, 50, 30};
  for (std::size_t i = 0; i < 3; ++i) {
    BOOST_TEST(found->messages[i].offset == offsets[i]);
    BOOST_TEST(found->messages[i].length == lengths[i]);
    BOOST_TEST(found->messages[i].edition == (i == 1 ? 2 : 1));
  }
}

BOOST_AUTO_TEST_CASE(a_broken_message_is_stepped_over_with_its_offset_and_the_reason) {
  const std::vector<std::pair<std::string, std::string>> broken{
      {edition1(40).substr(0, 36) + "8888", "does not end with 7777"},
      {edition1(40, 30), "does not end with 7777"},
      {edition1(40, 1000), "1000 bytes, but the file ends after"},
      {edition1(40, 7), "7 bytes is too short"},
      {std::string("GRIB\0\0\x28\x03", 8) + std::string(32, '-'), "edition 3 is not known"},
      {std::string("GRIB\0\0\0\2", 8) + std::string(8, '\xff') + std::string(8, '-'), "the file ends after"}};
  for (const auto& [bytes, why] : broken) {
    const auto found = framed(edition1(40) + bytes + edition2(50));
    BOOST_REQUIRE(found);
    BOOST_TEST(found->messages.size() == 2u);
    BOOST_TEST_REQUIRE(found->warnings.size() == 1u);
    BOOST_TEST(contains(found->warnings[0], "byte 40"), found->warnings[0]);
    BOOST_TEST(contains(found->warnings[0], why), found->warnings[0]);
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_anywhere_in_its_last_message_warns) {
  const std::string whole = edition1(40) + edition2(50);
  for (std::size_t size = 44; size < whole.size(); ++size) {
    const auto found = framed(whole.substr(0, size));
    BOOST_REQUIRE(found);
    BOOST_TEST(found->messages.size() == 1u);
    BOOST_TEST(found->warnings.size() == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_file_without_a_whole_message_is_refused) {
  BOOST_TEST(contains(said(""), "is not GRIB"));
  BOOST_TEST(contains(said("CDF\1 something else"), "is not GRIB"));
  BOOST_TEST(contains(said(edition1(40).substr(0, 39)), "no whole GRIB message"));
  BOOST_TEST(contains(said("GRIB"), "no whole GRIB message"));
}

BOOST_AUTO_TEST_CASE(a_message_of_edition_1_beyond_8_megabytes_states_its_length_in_units_of_120_bytes) {
  const std::size_t length = 8'400'047;  // What 70001 units of 120 bytes, less 77, are, and 4 more for the 7777.
  std::string bytes(length, '\0');
  bytes.replace(0, 8, "GRIB" + big_endian(0x800000 | 70001, 3) + '\1');
  bytes.replace(8, 8, big_endian(28, 3) + std::string(4, '\0') + '\x80');  // Section 1: a grid follows, no bitmap.
  bytes.replace(8 + 28, 3, big_endian(32, 3));
  bytes.replace(8 + 28 + 32, 3, big_endian(77, 3));
  bytes.replace(length - 4, 4, "7777");
  BOOST_TEST_REQUIRE(70001u * 120 - 77 + 4 == length);
  const auto found = framed(bytes + edition1(40));
  BOOST_REQUIRE(found);
  BOOST_TEST_REQUIRE(found->messages.size() == 2u);
  BOOST_TEST(found->messages[0].length == length);
  BOOST_TEST(found->warnings.empty());
}

BOOST_AUTO_TEST_CASE(each_field_of_a_message_becomes_a_message_of_its_own) {
  const std::string one = section(1, "ident"), grid = section(3, "grid"), bitmap = section(6, std::string(1, '\0') + "bits");
  const auto field = [](const std::string& name, const std::string& bits) {
    return section(4, "product " + name) + section(5, "packing " + name) + bits + section(7, "values " + name);
  };
  const std::string as_before = section(6, "\xfe");
  const auto parts = split(bytes_of(message2(one + grid + field("a", bitmap) + field("b", as_before))), "here");
  BOOST_REQUIRE(parts);
  BOOST_TEST_REQUIRE(parts->size() == 2u);
  BOOST_TEST(((*parts)[0] == bytes_of(message2(one + grid + field("a", bitmap)))));
  BOOST_TEST(((*parts)[1] == bytes_of(message2(one + grid + field("b", bitmap)))));
}

BOOST_AUTO_TEST_CASE(a_message_with_one_field_stays_as_it_is) {
  const std::string alone = message2(section(1, "ident") + section(7, "values"));
  BOOST_TEST((split(bytes_of(alone), "here")->front() == bytes_of(alone)));
  BOOST_TEST((split(bytes_of(edition1(40)), "here")->front() == bytes_of(edition1(40))));
}

BOOST_AUTO_TEST_CASE(broken_sections_are_refused_with_the_place) {
  const std::vector<std::pair<std::string, std::string>> broken{
      {section(9, "x"), "number is not known"},
      {section(1, "x") + "abc", "is cut off"},
      {big_endian(3, 4) + "\1x", "length is wrong"},
      {big_endian(4000, 4) + "\1x", "length is wrong"},
      {section(1, "ident"), "there is no field"},
      {section(6, "\xfe") + section(7, "v"), "a bitmap is referred to"}};
  for (const auto& [sections, why] : broken) {
    const std::string message = refusal(split(bytes_of(message2(sections)), "a.grib, byte 7"), ErrorCode::bad_input);
    BOOST_TEST(contains(message, "a.grib, byte 7"), message);
    BOOST_TEST(contains(message, why), message);
  }
}

BOOST_AUTO_TEST_SUITE_END()
