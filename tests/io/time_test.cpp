#include "io/time.hpp"

#include "tests/io/support.hpp"

using namespace tessera::io;
using namespace tessera::io::test;
using tessera::runtime::ErrorCode;

BOOST_AUTO_TEST_SUITE(io_time)

BOOST_AUTO_TEST_CASE(dates_of_every_calendar_are_those_of_cftime) {
  for (const auto& one : golden("times")) BOOST_TEST_CONTEXT(one.dump()) {
    const auto axis = TimeAxis::parse(one["units"], one["calendar"]);
    BOOST_REQUIRE(axis);
    const Date date = axis->date(one["value"]);
    const std::vector<std::int64_t> fields{date.year, date.month, date.day, date.hour, date.minute, date.second};
    BOOST_TEST(fields == one["date"].get<std::vector<std::int64_t>>(), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(dates_are_written_with_seconds_only_where_there_are_some) {
  BOOST_TEST(to_string(Date{2017, 1, 2, 12, 0, 0}) == "2017-01-02 12:00");
  BOOST_TEST(to_string(Date{850, 2, 30, 0, 0, 7}) == "0850-02-30 00:00:07");
}

BOOST_AUTO_TEST_CASE(spellings_of_units_and_zeros_are_understood) {
  const Date noon{1900, 3, 1, 12, 0, 0};
  for (const char* units : {"days since 1900-03-01", "day since 1900-3-1", "d since 1900-03-01 00:00:00", "days since 1900-03-01T00:00:00Z"})
    BOOST_TEST((TimeAxis::parse(units, "")->date(0.5) == noon), units);
  BOOST_TEST((TimeAxis::parse("h since 1900-03-01 06:00", "julian").operator bool() == false));
  BOOST_TEST((TimeAxis::parse("min since 1900-03-01 06:00", "gregorian")->date(360) == noon));
}

BOOST_AUTO_TEST_CASE(values_that_are_no_time_are_a_date_all_the_same) {
  const TimeAxis axis = *TimeAxis::parse("days since 2000-01-01", "");
  BOOST_TEST((axis.date(std::nan("")) == Date{2000, 1, 1, 0, 0, 0}));
  BOOST_TEST(axis.date(1e300).year > 11000);
  BOOST_TEST(axis.date(-std::numeric_limits<double>::infinity()).year < -7000);
}

BOOST_AUTO_TEST_CASE(what_is_not_understood_is_named) {
  const auto said = [](const char* units, const char* calendar) { return refusal(TimeAxis::parse(units, calendar), ErrorCode::bad_input); };
  BOOST_TEST(contains(said("days since 1900-01-01", "martian"), "\"martian\" is not known"));
  for (const char* units : {"days", "", "months since 1900-01-01", "days since yesterday", "days since 1900-13-01", "days since 1900-00-01",
                            "days since 1900-01-32", "days since 1900-01-01 25:00", "days since 99999999999-01-01"})
    BOOST_TEST(contains(said(units, ""), "are not of the form"), units);
  BOOST_TEST(contains(said("days since 1582-10-14", "standard"), "before the Gregorian calendar"));
  BOOST_TEST(contains(said("days since 0000-01-01", ""), "before the Gregorian calendar"));
  BOOST_TEST(bool(TimeAxis::parse("days since 1582-10-15", "standard")));
}

BOOST_AUTO_TEST_CASE(a_day_that_the_calendar_lacks_is_refused) {
  const auto said = [](const char* units, const char* calendar) { return refusal(TimeAxis::parse(units, calendar), ErrorCode::bad_input); };
  BOOST_TEST(contains(said("days since 1999-12-31", "360_day"), "does not have"));
  BOOST_TEST(contains(said("days since 2000-02-29", "noleap"), "does not have"));
  BOOST_TEST(contains(said("days since 1900-02-29", "standard"), "does not have"));
  BOOST_TEST(bool(TimeAxis::parse("days since 1900-02-29", "all_leap")));
  BOOST_TEST(bool(TimeAxis::parse("days since 1900-02-30", "360_day")));
}

BOOST_AUTO_TEST_CASE(a_time_keeps_its_date_on_another_axis) {
  const TimeAxis days = *TimeAxis::parse("days since 1850-01-01", "360_day"), hours = *TimeAxis::parse("hours since 1860-02-30 06:00", "360_day");
  BOOST_TEST(days.same_calendar(hours));
  BOOST_TEST(days.from(hours, 12) == 3659.75);
  BOOST_TEST(hours.from(days, 3659.75) == 12.0);
  BOOST_TEST((days.date(days.from(hours, 30.5)) == hours.date(30.5)));
  BOOST_TEST(days.from(days, 1.0 / 3) == 1.0 / 3);
  BOOST_TEST(!days.same_calendar(*TimeAxis::parse("days since 1850-01-01", "noleap")));
}

BOOST_AUTO_TEST_SUITE_END()
