/// @file
/// Times of the CF conventions: "days since 1850-01-01" in one of their calendars.
#pragma once
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>

namespace tessera::io {
struct Date {
  std::int64_t year = 1970;
  int month = 1, day = 1, hour = 0, minute = 0, second = 0;
  friend bool operator==(const Date&, const Date&) = default;
};

/// "2017-01-02 12:00"; seconds only where there are some.
std::string to_string(const Date& date);

/// A calendar and the zero and unit of a time axis.
class TimeAxis {
 public:
  /// `units` as in CF, `calendar` empty for the standard one. `bad_input` names what is not understood. The standard calendar
  /// is taken as proleptic Gregorian: dates before 1582-10-15 are refused.
  static runtime::Result<TimeAxis> parse(const std::string& units, const std::string& calendar);
  /// To the nearest second. What lies further from the zero than 10,000 years counts as that far; NaN is the zero.
  Date date(double value) const;
  bool same_calendar(const TimeAxis& other) const { return calendar_ == other.calendar_; }
  /// The value here of the time that is `value` on `other`, an axis of the same calendar.
  double from(const TimeAxis& other, double value) const;

 private:
  enum class Calendar { gregorian, no_leap, all_leap, days_360 };
  std::int64_t day_number(const Date& date) const;
  int month_length(std::int64_t year, int month) const;
  Calendar calendar_ = Calendar::gregorian;
  double unit_seconds_ = 1;
  std::int64_t zero_day_ = 0, zero_second_ = 0;
};
}  // namespace tessera::io
