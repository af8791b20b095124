#include "io/time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

namespace tessera::io {
namespace {
constexpr std::int64_t day_seconds = 86400;
constexpr long long year_max = 20000;  ///< <chrono> ends at 32767.
constexpr double apart_seconds_max = 10000.0 * 365 * day_seconds;
constexpr int month_lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
}  // namespace

std::string to_string(const Date& date) {
  std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", date.year, date.month, date.day, date.hour, date.minute);
  if (date.second != 0) text += fmt::format(":{:02}", date.second);
  return text;
}

runtime::Result<TimeAxis> TimeAxis::parse(const std::string& units, const std::string& calendar) {
  using runtime::ErrorCode;
  static const std::map<std::string, double> unit_seconds{
      {"second", 1}, {"seconds", 1}, {"s", 1}, {"minute", 60}, {"minutes", 60}, {"min", 60}, {"hour", 3600},
      {"hours", 3600}, {"h", 3600}, {"day", 86400}, {"days", 86400}, {"d", 86400}};
  static const std::map<std::string, Calendar> calendars{
      {"", Calendar::gregorian}, {"standard", Calendar::gregorian}, {"gregorian", Calendar::gregorian},
      {"proleptic_gregorian", Calendar::gregorian}, {"noleap", Calendar::no_leap}, {"365_day", Calendar::no_leap},
      {"all_leap", Calendar::all_leap}, {"366_day", Calendar::all_leap}, {"360_day", Calendar::days_360}};
  const auto its = calendars.find(calendar);
  if (its == calendars.end())
    return runtime::Failure{ErrorCode::bad_input, fmt::format("the calendar \"{}\" is not known", calendar)};
  const auto since = units.find(" since ");
  const auto unit = unit_seconds.find(units.substr(0, since));
  Date zero;
  long long year = 0;
  char separator = 0;
  double second = 0;
  const int fields = since == std::string::npos
                         ? 0
                         : std::sscanf(units.c_str() + since + 7, "%lld-%d-%d%c%d:%d:%lf", &year, &zero.month, &zero.day,
                                       &separator, &zero.hour, &zero.minute, &second);
  zero.year = year;
  zero.second = static_cast<int>(second);
  const bool sound = zero.month >= 1 && zero.month <= 12 && zero.day >= 1 && zero.day <= 31 && zero.hour >= 0 &&
                     zero.hour < 24 && zero.minute >= 0 && zero.minute < 60 && second >= 0 && second < 61;
  if (unit == unit_seconds.end() || fields < 3 || !sound || std::abs(year) > year_max)
    return runtime::Failure{ErrorCode::bad_input,
                            fmt::format("the time units \"{}\" are not of the form \"days since 1850-01-01\"", units)};
  TimeAxis axis;
  axis.calendar_ = its->second;
  if (zero.day > axis.month_length(zero.year, zero.month))
    return runtime::Failure{ErrorCode::bad_input,
                            fmt::format("the time units \"{}\" name a day that the calendar \"{}\" does not have", units, calendar)};
  if (axis.calendar_ == Calendar::gregorian && calendar != "proleptic_gregorian" &&
      (year < 1582 || (year == 1582 && (zero.month < 10 || (zero.month == 10 && zero.day < 15)))))
    return runtime::Failure{ErrorCode::bad_input,
                            fmt::format("times \"{}\" begin before the Gregorian calendar, which is not supported", units)};
  axis.unit_seconds_ = unit->second;
  axis.zero_day_ = axis.day_number(zero);
  axis.zero_second_ = zero.hour * 3600 + zero.minute * 60 + zero.second;
  return axis;
}

int TimeAxis::month_length(std::int64_t year, int month) const {
  if (calendar_ == Calendar::days_360) return 30;
  const bool leap = calendar_ == Calendar::all_leap ||
                    (calendar_ == Calendar::gregorian && std::chrono::year(static_cast<int>(year)).is_leap());
  return month_lengths[month - 1] + (leap && month == 2 ? 1 : 0);
}

std::int64_t TimeAxis::day_number(const Date& date) const {
  switch (calendar_) {
    case Calendar::days_360: return date.year * 360 + (date.month - 1) * 30 + date.day - 1;
    case Calendar::gregorian: {
      using namespace std::chrono;
      const auto month = year(static_cast<int>(date.year)) / std::chrono::month(static_cast<unsigned>(date.month));
      return sys_days(month / 1).time_since_epoch().count() + date.day - 1;
    }
    default: break;
  }
  std::int64_t days = date.year * (calendar_ == Calendar::all_leap ? 366 : 365) + date.day - 1;
  for (int month = 1; month < date.month; ++month) days += month_length(date.year, month);
  return days;
}

Date TimeAxis::date(double value) const {
  const double apart = std::isnan(value) ? 0 : std::clamp(value * unit_seconds_, -apart_seconds_max, apart_seconds_max);
  const std::int64_t seconds = std::llround(apart) + zero_second_;
  std::int64_t days = zero_day_ + floor_divide(seconds, day_seconds);
  const auto second_of_day = static_cast<int>(seconds - floor_divide(seconds, day_seconds) * day_seconds);
  Date date;
  date.hour = second_of_day / 3600, date.minute = second_of_day / 60 % 60, date.second = second_of_day % 60;
  if (calendar_ == Calendar::gregorian) {
    const std::chrono::year_month_day day{std::chrono::sys_days(std::chrono::days(days))};
    date.year = static_cast<int>(day.year());
    date.month = static_cast<int>(static_cast<unsigned>(day.month()));
    date.day = static_cast<int>(static_cast<unsigned>(day.day()));
    return date;
  }
  const std::int64_t year_days = calendar_ == Calendar::days_360 ? 360 : calendar_ == Calendar::all_leap ? 366 : 365;
  date.year = floor_divide(days, year_days);
  days -= date.year * year_days;
  while (days >= month_length(date.year, date.month)) days -= month_length(date.year, date.month++);
  date.day = static_cast<int>(days) + 1;
  return date;
}

double TimeAxis::from(const TimeAxis& other, double value) const {
  const std::int64_t apart = (other.zero_day_ - zero_day_) * day_seconds + other.zero_second_ - zero_second_;
  if (apart == 0 && other.unit_seconds_ == unit_seconds_) return value;
  return (value * other.unit_seconds_ + static_cast<double>(apart)) / unit_seconds_;
}
}  // namespace tessera::io
