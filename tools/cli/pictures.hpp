/// @file
/// Options that have runs drawn into files.
#pragma once
#include "simulation/picture/timeline.hpp"

#include <CLI/CLI.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace tessera::cli {
class Pictures {
 public:
  void add(CLI::App& command);
  bool is_wanted() const;
  /// Before any work: throws where a file cannot be written, or where there are not one or two runs to draw, or where what is read
  /// would be overwritten.
  void check(std::size_t runs, std::span<const std::string> inputs) const;
  /// The files that are wanted, each whole or not at all.
  void write(const std::string& title, std::span<const simulation::picture::Timeline> runs) const;

 private:
  std::string html_, svg_, trace_, csv_;
};
}  // namespace tessera::cli
