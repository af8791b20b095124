#include "io/grib/cube.hpp"

#include "serialization/cereal.hpp"
#include "tests/io/support.hpp"

#include <thread>

using namespace tessera::io;
using namespace tessera::io::grib;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Shape;
using tessera::runtime::ErrorCode;

namespace {
std::string small(const std::string& name) { return source("tests/data/grib/" + name + ".grib"); }
const std::string members = source("examples/data/era5-levels-members.grib");

/// The whole of a cube, in the shape of its fields.
Block whole(const Cube& cube) {
  const Shape shape = cube.variable.shape();
  return must(read(cube.fields, shape[shape.size() - 2], shape.back()));
}
const Cube* find(const Dataset& dataset, const std::string& name) {
  const auto at = std::ranges::find(dataset.cubes, name, [](const Cube& one) { return one.variable.name; });
  return at == dataset.cubes.end() ? nullptr : &*at;
}
/// A file of one field, 171 x 291, with other flags of scanning than its own, from one longitude (in GRIB's bytes) to another.
constexpr std::string_view lon350("\x14\xdc\x93\x80", 4), lon19("\x01\x21\xea\xc0", 4), lon30("\x01\xc9\xc3\x80", 4), lon1("\0\x0f\x42\x40", 4);
std::string scanned(const Folder& folder, int flags, std::string_view first = lon350, std::string_view last = lon19) {
  std::string bytes = content(small("alternate-scanning"));
  constexpr std::size_t section3 = 54;
  bytes[section3 + 71] = static_cast<char>(flags);
  bytes.replace(section3 + 50, 4, first).replace(section3 + 59, 4, last);
  return put(folder / "scanned.grib", bytes);
}
std::string only_warning(const std::string& path) {
  const auto dataset = open({path});
  const std::string message = dataset ? "" : dataset.failure().message;
  BOOST_TEST(!dataset, path + " has a cube");
  return message;
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_grib_cube)

BOOST_AUTO_TEST_CASE(every_cube_of_every_file_is_that_of_cfgrib_to_the_bit) {
  std::size_t cubes = 0;
  const auto all = golden("grib");
  for (const auto& [path, expected] : all.items()) BOOST_TEST_CONTEXT(path) {
    if (expected["cubes"].empty()) continue;
    const auto dataset = open({source(path)});
    BOOST_REQUIRE(dataset);
    BOOST_TEST(dataset->cubes.size() == expected["cubes"].size());
    for (const auto& one : expected["cubes"]) {
      const Cube* cube = find(*dataset, one["name"]);
      BOOST_TEST_REQUIRE(cube != nullptr);
      check_description(cube->variable, one);
      // One file has 124 messages in a cube of 1.4 million cells, 475 MB of NaN.
      if (one["missing"] < 1'000'000) check_values(whole(*cube), one);
      ++cubes;
    }
  }
  BOOST_TEST(cubes == 34u);
}

BOOST_AUTO_TEST_CASE(what_is_no_cube_is_refused_with_the_reason) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"lambert_grid", "its grid is lambert"},
      {"reduced_gg", "its grid is reduced_gg"},
      {"spherical_harmonics", "its grid is sh"},
      {"cfrzr_and_cprat", "several values of stepType (avg, instant)"},
      {"hpa_and_pa", "typeOfLevel (isobaricInPa, isobaricInhPa)"},
      {"t_on_different_level_types", "several values of typeOfLevel ("},
      {"tp_on_different_grid_resolutions", "several values of numberOfPoints ("}};
  for (const auto& [name, why] : refused) {
    const std::string message = only_warning(small(name));
    BOOST_TEST(contains(message, why), message);
    BOOST_TEST(contains(message, "is left out"), message);
  }
}

BOOST_AUTO_TEST_CASE(a_variable_on_another_grid_is_left_out_beside_one_that_is_read) {
  const auto dataset = open({small("regular_ll_sfc"), small("reduced_gg")});
  BOOST_REQUIRE(dataset);
  BOOST_TEST(dataset->cubes.size() == 1u);
  BOOST_TEST_REQUIRE(dataset->warnings.size() == 1u);
  BOOST_TEST(contains(dataset->warnings[0], "its grid is reduced_gg; regular_ll and regular_gg are read"));
}

BOOST_AUTO_TEST_CASE(a_broken_message_is_a_warning_with_its_offset) {
  const auto dataset = open({small("era5-levels-corrupted")});
  BOOST_REQUIRE(dataset);
  BOOST_TEST_REQUIRE(dataset->warnings.size() == 1u);
  BOOST_TEST(contains(dataset->warnings[0], "byte 0"), dataset->warnings[0]);
}

BOOST_AUTO_TEST_CASE(several_files_are_one_cube_in_order_of_their_coordinates) {
  const Folder folder;
  const std::string bytes = content(members);
  const std::size_t half = bytes.size() / 160 * 80;  // All messages are as long.
  const std::string first = put(folder / "z.grib", bytes.substr(0, half)), second = put(folder / "a.grib", bytes.substr(half));
  const auto whole_set = open({members}), halves = open({second, first});
  BOOST_REQUIRE(whole_set && halves);
  for (const Cube& one : whole_set->cubes) {
    const Cube* other = find(*halves, one.variable.name);
    BOOST_TEST_REQUIRE(other != nullptr);
    BOOST_TEST((other->variable.shape() == one.variable.shape()));
    BOOST_TEST(checksum(whole(*other)) == checksum(whole(one)));
  }
}

BOOST_AUTO_TEST_CASE(a_box_is_the_fields_of_it_and_no_others) {
  const auto dataset = open({members});
  BOOST_REQUIRE(dataset);
  const Cube& cube = dataset->cubes[0];  // 10 members, 4 times, 2 levels.
  const auto fields = cube.box(Shape{3, 1, 0}, Shape{2, 3, 1});
  BOOST_TEST_REQUIRE(fields.size() == 6u);
  for (std::size_t i = 0; i < 6; ++i) BOOST_TEST((fields[i] == cube.fields[((3 + i / 3) * 4 + 1 + i % 3) * 2]));
  const Block all = whole(cube), some = *read(fields, 61, 120);
  for (std::size_t i = 0; i < 6; ++i) {
    const std::size_t cell = ((3 + i / 3) * 4 + 1 + i % 3) * 2, values = 61 * 120;
    BOOST_TEST(std::ranges::equal(some.data<float>().subspan(i * values, values), all.data<float>().subspan(cell * values, values)));
  }
}

BOOST_AUTO_TEST_CASE(scanning_flags_turn_rows_and_columns_the_right_way) {
  const Folder folder;
  constexpr std::size_t rows = 171, columns = 291;
  const Block plain = whole(must(open({scanned(folder, 0)})).cubes.at(0));  // Eastward, row by row: as stored.
  const auto stored = plain.data<float>();
  const auto check = [&](const std::string& path, auto&& place) {
    const Dataset dataset = must(open({path}));
    BOOST_TEST(std::ranges::is_sorted(dataset.cubes.at(0).variable.dimensions.back().numbers()));
    const Block block = whole(dataset.cubes[0]);
    std::size_t wrong = 0;
    for (std::size_t row = 0; row < rows; ++row)
      for (std::size_t column = 0; column < columns; ++column)
        wrong += block.data<float>()[row * columns + column] == stored[place(row, column)] ? 0 : 1;
    BOOST_TEST(wrong == 0u);
  };
  BOOST_TEST_CONTEXT("alternating") {
    check(scanned(folder, 0x10), [](std::size_t row, std::size_t column) { return row * columns + (row % 2 == 0 ? column : columns - 1 - column); });
  }
  BOOST_TEST_CONTEXT("by columns") {
    check(scanned(folder, 0x20), [](std::size_t row, std::size_t column) { return column * rows + row; });
  }
  BOOST_TEST_CONTEXT("by columns, alternating") {
    check(scanned(folder, 0x30), [](std::size_t row, std::size_t column) { return column * rows + (column % 2 == 0 ? row : rows - 1 - row); });
  }
  BOOST_TEST_CONTEXT("westward") {
    check(scanned(folder, 0x80, lon30, lon1), [](std::size_t row, std::size_t column) { return row * columns + columns - 1 - column; });
  }
  BOOST_TEST_CONTEXT("westward, alternating") {
    check(scanned(folder, 0x90, lon30, lon1), [](std::size_t row, std::size_t column) { return row * columns + (row % 2 == 0 ? columns - 1 - column : column); });
  }
}

BOOST_AUTO_TEST_CASE(rows_scanned_westward_across_greenwich_are_refused) {
  const Folder folder;
  BOOST_TEST(contains(only_warning(scanned(folder, 0x80, lon19, lon350)), "westward across Greenwich"));
}

BOOST_AUTO_TEST_CASE(a_field_that_is_there_twice_is_reported_and_the_first_counts) {
  const auto dataset = open({members, members});
  BOOST_REQUIRE(dataset);
  BOOST_TEST_REQUIRE(dataset->warnings.size() == 2u);
  BOOST_TEST(contains(dataset->warnings[0], "variable z has 80 fields more than once"), dataset->warnings[0]);
  BOOST_TEST(checksum(whole(dataset->cubes[0])) == checksum(whole(open({members})->cubes[0])));
}

BOOST_AUTO_TEST_CASE(a_cell_without_a_field_is_nan) {
  const Block block = *read({Field{}, Field{}}, 2, 3);
  BOOST_TEST(tessera::arrays::to_string(block.shape()) == "(2, 2, 3)");
  for (const float one : block.data<float>()) BOOST_TEST(std::isnan(one));
}

BOOST_AUTO_TEST_CASE(bad_files_are_refused_with_a_sentence) {
  const Folder folder;
  BOOST_TEST(contains(refusal(open({folder / "none.grib"}), ErrorCode::bad_input), "there is no file"));
  BOOST_TEST(contains(refusal(open({folder.path.string()}), ErrorCode::bad_input), "is a folder"));
  BOOST_TEST(contains(refusal(open({source("tests/data/README.md")}), ErrorCode::bad_input), "GRIB"));
  BOOST_TEST(contains(refusal(open({put(folder / "empty.grib", "")}), ErrorCode::bad_input), "is not GRIB"));
  BOOST_TEST(contains(refusal(open({}), ErrorCode::invalid_argument), "no file is named"));
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_since_it_was_opened_is_a_failure) {
  const Folder folder;
  const std::string path = put(folder / "a.grib", content(small("regular_ll_sfc")));
  const auto dataset = open({path});
  BOOST_REQUIRE(dataset);
  const auto& fields = dataset->cubes[0].fields;
  BOOST_TEST(contains(refusal(read(fields, 36, 72), ErrorCode::bad_input), "not 36 x 72"));
  std::filesystem::resize_file(path, 1000);
  BOOST_TEST(contains(refusal(read(fields, 37, 72), ErrorCode::bad_input), "cut off"));
  std::filesystem::remove(path);
  BOOST_TEST(contains(refusal(read(fields, 37, 72), ErrorCode::bad_input), "there is no file"));
  BOOST_TEST(!read(fields, -1, 72));
}

BOOST_AUTO_TEST_CASE(noise_in_a_message_is_never_a_crash_and_nothing_is_printed) {
  const Folder folder;
  const std::string whole_file = content(small("regular_ll_sfc"));
  const int stderr_before = dup(2);
  BOOST_TEST_REQUIRE((std::freopen((folder / "stderr").c_str(), "w", stderr) != nullptr));
  for (std::size_t at = 8; at < 200; ++at)
    for (const int change : {0xff, 0x80, 0x01}) {
      std::string bytes = whole_file;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const auto dataset = open({put(folder / "a.grib", bytes)});
      if (!dataset) continue;
      const Shape shape = dataset->cubes[0].variable.shape();
      (void)!read(dataset->cubes[0].fields, shape[shape.size() - 2], shape.back());
    }
  std::fflush(stderr);
  dup2(stderr_before, 2);
  close(stderr_before);
  BOOST_TEST(content(folder / "stderr") == "");
}

BOOST_AUTO_TEST_CASE(fields_travel_to_tasks) {
  using namespace tessera::serialization;
  const std::vector<Field> fields{{"/data/a.grib", 123456789012, 345, 2}, {}};
  const auto back = decode_value<std::vector<Field>>(encode_value(fields));
  BOOST_REQUIRE(back);
  BOOST_TEST((*back == fields));
}

BOOST_AUTO_TEST_CASE(threads_read_the_same_values) {
  const auto dataset = open({small("uv_on_different_levels"), small("regular_gg_sfc")});
  BOOST_REQUIRE(dataset);
  std::vector<std::uint32_t> expected;
  for (const Cube& one : dataset->cubes) expected.push_back(checksum(whole(one)));
  std::vector<std::vector<std::uint32_t>> seen(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : seen)
      threads.emplace_back([&] {
        for (const Cube& one : dataset->cubes) {
          const Shape shape = one.variable.shape();
          mine.push_back(checksum(*read(one.fields, shape[shape.size() - 2], shape.back())));
        }
      });
  }
  for (const auto& one : seen) BOOST_TEST(one == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
