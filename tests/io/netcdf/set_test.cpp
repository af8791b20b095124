// Files that are opened as one: what joins them, and what cannot be joined.
#include "io/netcdf/cube.hpp"
#include "tests/io/netcdf/classic.hpp"
#include "tests/io/support.hpp"

using namespace tessera::io;
using namespace tessera::io::netcdf;
using namespace tessera::io::test;
using tessera::arrays::Block;
using tessera::arrays::Shape;
using tessera::runtime::ErrorCode;

namespace {
struct Months {
  std::vector<double> times, values;
  std::string units = "days since 2000-01-01", calendar = "noleap";
};

/// A file of records, one value a time.
Classic file_of(const Months& months) {
  return {{{"time", 0}, {"x", 1}},
          {{"time", Type::float64, {"time"}, months.times, {{"units", months.units}, {"calendar", months.calendar}}},
           {"x", Type::float64, {"x"}, {5}},
           {"field", Type::float64, {"time", "x"}, months.values, {{"units", "K"}}}},
          static_cast<std::uint32_t>(months.times.size())};
}

struct Set {
  Folder folder;
  std::vector<std::string> paths;
  void add(const Classic& file) { paths.push_back(put(folder / (std::to_string(paths.size()) + ".nc"), bytes_of(file))); }
  Set& operator<<(const Months& months) {
    add(file_of(months));
    return *this;
  }
  Dataset opened() const {
    return must(open(paths));
  }
  std::string said() const { return refusal(open(paths), ErrorCode::bad_input); }
};

std::vector<double> values_of(const Cube& cube) {
  const Shape shape = cube.variable.shape();
  return numbers(*read(cube.box(Shape(shape.size(), 0), shape), shape));
}
}  // namespace

BOOST_AUTO_TEST_SUITE(io_netcdf_set)

BOOST_AUTO_TEST_CASE(files_follow_each_other_in_the_order_of_their_times_not_of_their_names) {
  Set set;
  set << Months{{31, 59}, {1, 2}} << Months{{90}, {3}} << Months{{-31, 0}, {-1, 0}};
  const Dataset dataset = set.opened();
  BOOST_TEST_REQUIRE(dataset.cubes.size() == 1u);
  const Cube& cube = dataset.cubes[0];
  BOOST_TEST((cube.variable.dimensions[0].numbers() == std::vector<double>{-31, 0, 31, 59, 90}));
  BOOST_TEST((values_of(cube) == std::vector<double>{-1, 0, 1, 2, 3}));
  BOOST_TEST_REQUIRE(cube.parts.size() == 3u);
  BOOST_TEST(cube.parts[0].path == set.paths[2]);
  BOOST_TEST(cube.parts[1].first == 2);
  BOOST_TEST(cube.parts[2].length == 1);
}

BOOST_AUTO_TEST_CASE(times_count_from_the_zero_of_the_first_file_named) {
  Set set;
  set << Months{{31, 59}, {1, 2}} << Months{{0, 12}, {3, 4}, "hours since 2000-04-01 12:00:00", "365_day"} << Months{{0}, {0}};
  const Dataset dataset = set.opened();
  BOOST_TEST((dataset.cubes[0].variable.dimensions[0].numbers() == std::vector<double>{0, 31, 59, 90.5, 91}));
  BOOST_TEST(text_of(dataset.cubes[0].variable.dimensions[0].attributes, "units") == "days since 2000-01-01");
  BOOST_TEST((values_of(dataset.cubes[0]) == std::vector<double>{0, 1, 2, 3, 4}));
}

BOOST_AUTO_TEST_CASE(times_that_overlap_or_repeat_are_refused_with_both_files_and_dates) {
  Set set;
  set << Months{{0, 31, 59}, {1, 2, 3}} << Months{{31, 90}, {4, 5}};
  const std::string message = set.said();
  BOOST_TEST(contains(message, set.paths[0] + " and " + set.paths[1] + " overlap"), message);
  BOOST_TEST(contains(message, "time 2000-03-01 00:00"), message);
  BOOST_TEST(contains(message, "begins with 2000-02-01 00:00"), message);
  Set twice;
  twice << Months{{0, 31}, {1, 2}};
  twice.paths.push_back(twice.paths[0]);
  BOOST_TEST(contains(twice.said(), "overlap"));
  Set touching;
  touching << Months{{0, 31}, {1, 2}} << Months{{31}, {3}};
  BOOST_TEST(contains(touching.said(), "overlap"));
}

BOOST_AUTO_TEST_CASE(times_that_do_not_increase_within_a_file_are_refused) {
  for (const std::vector<double>& times : {std::vector<double>{31, 0}, {31, 31}, {std::nan(""), 31}, {0, std::nan("")}}) {
    Set set;
    set << Months{{90}, {1}} << Months{times, {2, 3}};
    BOOST_TEST(contains(set.said(), "time of " + set.paths[1] + " does not increase"));
  }
}

BOOST_AUTO_TEST_CASE(calendars_and_units_that_do_not_fit_are_refused) {
  Set calendars;
  calendars << Months{{0}, {1}} << Months{{31}, {2}, "days since 2000-01-01", "360_day"};
  BOOST_TEST(contains(calendars.said(), "has the calendar \"360_day\""));
  Set units;
  units << Months{{0}, {1}} << Months{{31}, {2}, "fortnights since 2000-01-01", "noleap"};
  BOOST_TEST(contains(units.said(), "one cannot be turned into the other"));
}

BOOST_AUTO_TEST_CASE(other_grids_are_refused) {
  Set longer, moved;
  Classic file = file_of({{31}, {2, 3}});
  file.dimensions[1].second = 2;
  file.variables[1].values = {5, 6};
  longer << Months{{0}, {1}};
  longer.add(file);
  BOOST_TEST(contains(longer.said(), "has 2 values along x"), longer.said());
  file = file_of({{31}, {2}});
  file.variables[1].values = {5.000001};
  moved << Months{{0}, {1}};
  moved.add(file);
  BOOST_TEST(contains(moved.said(), "have other values along x"));
}

BOOST_AUTO_TEST_CASE(variables_that_are_not_the_same_in_all_files_are_left_out_with_a_warning) {
  const auto with = [](Classic file, ClassicVariable more) {
    file.variables.push_back(std::move(more));
    return file;
  };
  const auto warned = [](const Classic& first, const Classic& second) {
    Set set;
    set.add(first), set.add(second);
    const Dataset dataset = set.opened();
    BOOST_TEST(dataset.cubes.size() == 1u);
    BOOST_TEST_REQUIRE(dataset.warnings.size() == 1u);
    return dataset.warnings[0];
  };
  const Classic january = file_of({{0}, {1}}), february = file_of({{31}, {2}});
  const ClassicVariable rain{"rain", Type::float32, {"time", "x"}, {3}, {{"units", "mm"}}};
  BOOST_TEST(contains(warned(with(january, rain), february), "it is not there"));
  BOOST_TEST(contains(warned(january, with(february, rain)), "it is not in"));
  ClassicVariable other = rain;
  other.type = Type::int16;
  BOOST_TEST(contains(warned(with(january, rain), with(february, other)), "it is int16 there, not float32"));
  other = rain;
  other.dimensions = {"time"};
  BOOST_TEST(contains(warned(with(january, rain), with(february, other)), "has the dimensions (time) there, not (time, x)"));
  other = rain;
  other.attributes = {{"units", "m"}};
  BOOST_TEST(contains(warned(with(january, rain), with(february, other)), "it is in \"m\" there, not in \"mm\""));
}

BOOST_AUTO_TEST_CASE(each_file_is_decoded_by_its_own_attributes) {
  Set set;
  for (const double offset : {10.0, 20.0}) {
    Classic file = file_of({{offset}, {1}});
    file.variables[2].type = Type::int16;
    file.variables[2].attributes = {{"add_offset", offset}, {"scale_factor", 2.0}};
    set.add(file);
  }
  BOOST_TEST((values_of(set.opened().cubes[0]) == std::vector<double>{12, 22}));
}

BOOST_AUTO_TEST_CASE(a_variable_without_time_is_that_of_the_first_file) {
  Set set;
  for (const double value : {7.0, 8.0}) {
    Classic file = file_of({{value}, {1}});
    file.variables.push_back({"land", Type::float64, {"x"}, {value}});
    set.add(file);
  }
  const Dataset dataset = set.opened();
  BOOST_TEST_REQUIRE(dataset.cubes.size() == 2u);
  BOOST_TEST(!dataset.cubes[1].joined);
  BOOST_TEST((values_of(dataset.cubes[1]) == std::vector<double>{7}));
}

BOOST_AUTO_TEST_CASE(files_with_nothing_to_join_them_are_refused) {
  const Classic no_time{{{"x", 1}}, {{"x", Type::float64, {"x"}, {5}}, {"field", Type::float64, {"x"}, {1}}}};
  Set set, one_without;
  set.add(no_time), set.add(no_time);
  BOOST_TEST(contains(set.said(), "has no time and no record dimension with values"));
  one_without << Months{{0}, {1}};
  one_without.add(no_time);
  BOOST_TEST(contains(one_without.said(), "has no dimension time"));
  Set missing;
  missing << Months{{0}, {1}};
  missing.paths.push_back(missing.folder / "gone.nc");
  BOOST_TEST(contains(missing.said(), "there is no file"));
}

BOOST_AUTO_TEST_CASE(records_with_values_join_files_without_time) {
  Set set;
  for (const double value : {9.0, 4.0}) {
    Classic file = file_of({{value}, {value}});
    file.variables[0].attributes.clear();
    set.add(file);
  }
  BOOST_TEST((values_of(set.opened().cubes[0]) == std::vector<double>{4, 9}));
}

BOOST_AUTO_TEST_SUITE_END()
