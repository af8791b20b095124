/// @file
/// What all benchmarks share: repeats, medians, and one JSON object a line.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tessera::benchmarks {
inline double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The value at `share` (0 to 1) of the sorted samples.
inline double quantile(std::vector<double> samples, double share) {
  std::sort(samples.begin(), samples.end());
  return samples[std::min(samples.size() - 1, static_cast<std::size_t>(share * static_cast<double>(samples.size())))];
}
inline double median(std::vector<double> samples) { return quantile(std::move(samples), 0.5); }

/// What a figure was measured with: names and values, in order.
class Parameters {
 public:
  Parameters& add(std::string_view name, std::string_view value) { return raw(name, fmt::format("\"{}\"", value)); }
  Parameters& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  template <class Number>
  Parameters& add(std::string_view name, Number value) { return raw(name, fmt::format("{}", value)); }
  Parameters& add(std::string_view name, double value) { return raw(name, fmt::format("{:.4g}", value)); }
  const std::string& text() const { return text_; }

 private:
  Parameters& raw(std::string_view name, std::string value) {
    text_ += fmt::format("{}\"{}\": {}", text_.empty() ? "" : ", ", name, value);
    return *this;
  }
  std::string text_;
};

inline void report_line(std::string_view name, std::string_view unit, double value, double min, double max, std::size_t n,
                        const Parameters& parameters) {
  fmt::print("{{\"name\": \"{}\", \"value\": {:.4g}, \"unit\": \"{}\", \"min\": {:.4g}, \"max\": {:.4g}, "
             "\"n\": {}, \"params\": {{{}}}}}\n", name, value, unit, min, max, n, parameters.text());
  std::fflush(stdout);
}
/// The line of a figure; `value` is the median of the samples, of which there are at least five.
inline void report(std::string_view name, std::string_view unit, const std::vector<double>& samples,
                   const Parameters& parameters) {
  report_line(name, unit, median(samples), quantile(samples, 0), quantile(samples, 1), samples.size(), parameters);
}

/// Runs the figures whose names are given, or all. A name ends at a dot or whole: "tasks" runs "tasks.chain".
class Menu {
 public:
  Menu(int argc, char** argv) : names_(argv + 1, argv + argc) {}
  bool has(std::string_view name) const {
    return names_.empty() || std::any_of(names_.begin(), names_.end(), [&](const std::string& asked) {
      return name == asked || name.starts_with(asked + ".");
    });
  }

 private:
  std::vector<std::string> names_;
};
}  // namespace tessera::benchmarks
