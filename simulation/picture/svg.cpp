#include "simulation/picture/pictures.hpp"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <sstream>

namespace tessera::simulation::picture {
namespace {
// In units of which a column of 85 mm has about 480: letters of 14 units are 2.5 mm high there.
constexpr double width = 480, left = 66, right = 12, letter = 14, line = 18, chart_height_max = 520, row_height_max = 14, row_height_min = 1;
constexpr double cell = 0.5;             ///< What is narrower than two is drawn together.
constexpr const char* ink = "#1b1d21";
constexpr const char* faint = "#d5d9de";
/// Okabe and Ito's colours, that colour-blind readers tell apart; the page has the same. The last is for "other".
constexpr const char* colours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#9a9a9a"};

class Drawing {
 public:
  Drawing(const std::string& title, std::span<const Timeline> runs) : runs_(runs) {
    for (const Timeline& run : runs) {
      for (const std::string& kind : kinds(*run.what).names) colour_of(kind);
      for (const Bar& bar : run.bars) span_ = std::max(span_, bar.end);
      rows_ += std::accumulate(run.rows.begin(), run.rows.end(), 0u);
    }
    if (span_ <= 0) span_ = 1;
    row_height_ = std::min(row_height_max, chart_height_max / std::max(1u, rows_));
    per_band_ = row_height_ < row_height_min ? static_cast<std::uint32_t>(std::ceil(row_height_min / row_height_)) : 1;
    svg_ = document_.append_child("svg");
    svg_.append_attribute("xmlns") = "http://www.w3.org/2000/svg";
    svg_.append_child("title").text() = title.c_str();
  }

  std::string text() {
    double top = 4;
    double best = span_;
    for (const Timeline& run : runs_) best = std::min(best, run.outcome.last_task_end);
    for (const Timeline& run : runs_) {
      const std::string ratio = run.outcome.last_task_end > best && best > 0 ? fmt::format(" ({:.3g} ×)", run.outcome.last_task_end / best) : "";
      label(left, top + letter, "start", fmt::format("{}: {:.4g} s{}", run.label, run.outcome.last_task_end, ratio));
      top = chart(run, top + line + 2) + 10;
    }
    top = legend(axis(top - 10) + 6);
    svg_.prepend_attribute("viewBox") = fmt::format("0 0 {} {:.0f}", width, top + 4).c_str();
    svg_.append_attribute("font-family") = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
    svg_.append_attribute("font-size") = letter;
    std::ostringstream out;
    document_.save(out, "", pugi::format_raw | pugi::format_no_declaration);
    return out.str() + "\n";
  }

 private:
  static constexpr double plot = width - left - right;
  double x(double time) const { return left + time / span_ * plot; }
  pugi::xml_node label(double at, double y, const char* anchor, const std::string& what) {
    pugi::xml_node node = svg_.append_child("text");
    node.append_attribute("x") = fmt::format("{:.1f}", at).c_str();
    node.append_attribute("y") = fmt::format("{:.1f}", y).c_str();
    if (std::string_view(anchor) != "start") node.append_attribute("text-anchor") = anchor;
    node.append_attribute("fill") = ink;
    node.text() = what.c_str();
    return node;
  }
  void path(const std::string& shape, const char* attribute, const char* colour) {
    if (shape.empty()) return;
    pugi::xml_node node = svg_.append_child("path");
    node.append_attribute(attribute) = colour;
    node.append_attribute("d") = shape.c_str();
  }
  static std::string box(double at, double y, double wide, double high) { return fmt::format("M{:.2f} {:.2f}h{:.2f}v{:.2f}h{:.2f}z", at, y, wide, high, -wide); }

  /// Where it ends.
  double chart(const Timeline& run, double top) {
    std::vector<std::uint32_t> first(1, 0);
    for (const std::uint32_t rows : run.rows) first.push_back(first.back() + rows);
    const double bottom = top + first.back() * row_height_;
    path(box(left, top, plot, bottom - top), "fill", "#f3f4f6");
    std::vector<std::vector<const Bar*>> bands(first.back() / per_band_ + 1);
    for (const Bar& bar : run.bars)
      for (const std::uint32_t core : run.cores_of(bar)) bands[(first[bar.node] + core) / per_band_].push_back(&bar);
    std::map<std::size_t, std::string> shapes;  // By colour.
    kinds_ = kinds(*run.what);
    for (std::size_t band = 0; band < bands.size(); ++band)
      draw_band(bands[band], top + static_cast<double>(band * per_band_) * row_height_, row_height_ * per_band_, shapes);
    for (const auto& [colour, shape] : shapes) path(shape, "fill", colours[colour]);
    std::string between;
    double last = top - letter;
    for (std::size_t node = 0; node < run.rows.size(); ++node) {
      const double y = top + first[node] * row_height_, middle = y + run.rows[node] * row_height_ / 2 + letter * 0.35;
      if (node > 0 && run.rows[node] * row_height_ > 3) between += fmt::format("M{:.1f} {:.2f}H{:.1f}", left - 5, y, left + plot);
      if (middle - last < letter + 1) continue;
      last = middle;
      label(left - 7, middle, "end", fmt::format("node {}", node));
    }
    path(between, "stroke", faint);
    return bottom;
  }

  /// Bars one by one; those narrower than a cell together, in the colour of the longest.
  void draw_band(std::vector<const Bar*>& bars, double y, double height, std::map<std::size_t, std::string>& shapes) {
    std::ranges::sort(bars, {}, &Bar::start);
    const double high = height - std::min(0.8, height * 0.12);
    struct Cell { double covered = 0, longest = 0; std::size_t colour = 0; };
    std::vector<Cell> cells(static_cast<std::size_t>(plot / cell) + 1);
    for (const Bar* bar : bars) {
      const std::size_t colour = colour_of(kinds_.names[kinds_.of_task[bar->task]]);
      const double wide = x(bar->end) - x(bar->start);
      if (wide >= 2 * cell && per_band_ == 1) {
        shapes[colour] += box(x(bar->start), y, wide > 1.5 ? wide - 0.4 : wide, high);
        continue;
      }
      for (double at = x(bar->start) - left, end = at + std::max(wide, 0.02 * cell); at < end;) {
        const auto which = static_cast<std::size_t>(at / cell);
        const double next = std::min(end, static_cast<double>(which + 1) * cell);
        Cell& one = cells[std::min(which, cells.size() - 1)];
        one.covered += (next - at) / cell / per_band_;
        if (wide >= one.longest) one.longest = wide, one.colour = colour;
        at = next > at ? next : end;
      }
    }
    const double enough = per_band_ == 1 ? 0.1 : 0.5;
    for (std::size_t i = 0, end = 0; i < cells.size(); i = end) {
      for (end = i + 1; end < cells.size() && cells[end].covered >= enough && cells[end].colour == cells[i].colour;) ++end;
      if (cells[i].covered >= enough) shapes[cells[i].colour] += box(left + static_cast<double>(i) * cell, y, static_cast<double>(end - i) * cell, high);
      else end = i + 1;
    }
  }

  /// A name has one colour in all runs. "other" comes last in each.
  std::size_t colour_of(const std::string& kind) {
    const std::size_t next = kind == "other" ? Kinds::colour_count : std::min(colour_.size(), Kinds::colour_count);
    const auto [at, is_new] = colour_.emplace(kind, next);
    if (is_new) legend_.push_back(kind);
    return at->second;
  }

  double axis(double top) {
    const double raw = span_ / 5, power = std::pow(10, std::floor(std::log10(raw)));
    double step = 10 * power;
    for (const double one : {5.0, 2.0, 1.0})
      if (one * power >= raw) step = one * power;
    const int digits = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
    std::string ticks = fmt::format("M{:.1f} {:.2f}h{:.1f}", left, top, plot);
    for (int i = 0; i * step <= span_ * (1 + 1e-9); ++i) {
      ticks += fmt::format("M{:.2f} {:.2f}v4", x(i * step), top);
      label(x(i * step), top + line, i * step > span_ * 0.97 ? "end" : "middle", fmt::format("{:.{}f}", i * step, digits));
    }
    label(left - 12, top + line, "end", "time, s");
    path(ticks, "stroke", ink);
    return top + line + 4;
  }

  double legend(double top) {
    double at = left, y = top + letter;
    for (const std::string& kind : legend_) {
      const double wide = 16 + static_cast<double>(kind.size()) * letter * 0.58 + 12;
      if (at > left && at + wide > width) at = left, y += line;
      path(box(at, y - letter * 0.75, 11, 11), "fill", colours[colour_.at(kind)]);
      label(at + 16, y, "start", kind);
      at += wide;
    }
    return y + 4;
  }

  std::span<const Timeline> runs_;
  double span_ = 0, row_height_ = 0;
  std::uint32_t rows_ = 0;
  std::uint32_t per_band_ = 1;           ///< Rows that are drawn together.
  Kinds kinds_;
  std::map<std::string, std::size_t> colour_;
  std::vector<std::string> legend_;
  pugi::xml_document document_;
  pugi::xml_node svg_;
};
}  // namespace

std::string svg(const std::string& title, std::span<const Timeline> runs) { return Drawing(title, runs).text(); }
}  // namespace tessera::simulation::picture
