/// @file
/// Text in columns as wide as what is in them.
#pragma once
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tessera::cli {
class Table {
 public:
  /// Headings; those before `first_right` stand left, with what is below them, the others right.
  Table(std::vector<std::string> head, std::size_t first_right) : rows_{std::move(head)}, first_right_(first_right) {}
  /// As many as there are headings.
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string text() const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i)
        line += i < first_right_ ? fmt::format("{:<{}}  ", row[i], widths[i]) : fmt::format("{:>{}}  ", row[i], widths[i]);
      line.erase(line.find_last_not_of(' ') + 1);
      text += line + '\n';
    }
    return text;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
  std::size_t first_right_;
};

/// At most `length` characters: names that are alike end differently, so the end stays.
inline std::string shortened(const std::string& name, std::size_t length) {
  return name.size() <= length ? name : "..." + name.substr(name.size() - (length - 3));
}

/// "1.5 GiB", "150 MiB": three digits are enough for a table.
inline std::string size_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < std::size(units); ++unit) value /= 1024;
  if (unit == 0) return fmt::format("{} B", bytes);
  return fmt::format("{:.{}f} {}", value, value < 99.95 ? 1 : 0, units[unit]);
}
}  // namespace tessera::cli
