/// @file
/// Findings of a grid in a file, so that a second call goes on where one was ended.
#pragma once
#include "simulation/experiment/grid.hpp"
#include "tools/cli/simulate.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::cli {
/// One line of JSON a cell, with a checksum, after one that says what the file is. What belongs to other grids stays in the file and is not used; a file of nothing else is refused.
class Results {
 public:
  /// Reads the file, or begins it. What a killed process left of a last line is cut off. Throws `Error` and leaves the file as it is where it cannot be used: another version's, damaged or
  /// other lines, another grid's, no access, in use.
  Results(const std::string& path, const simulation::experiment::Grid& grid, const PluginPolicies& plugins);
  ~Results();
  Results(const Results&) = delete;
  Results& operator=(const Results&) = delete;

  /// Null: it is not there.
  const simulation::experiment::Finding* find(std::size_t cell) const;
  /// Written when this returns.
  void add(std::size_t cell, const simulation::experiment::Finding& finding);
  /// Runs in the file that are not of this grid.
  std::size_t others() const { return others_; }

 private:
  struct Known {
    simulation::experiment::Finding finding;
    std::size_t line = 0;
  };
  void read();
  void take(std::string_view line, std::size_t number);
  void check_grid();
  void append(const std::string& line);
  /// What tells the cell from all others, of other grids too.
  std::string key(std::size_t cell) const;

  std::string path_;
  const simulation::experiment::Grid& grid_;
  std::vector<std::string> subjects_;    ///< What tells each graph on its cluster from others of its name.
  std::vector<std::string> policies_;    ///< Of each scheduler: what tells the plug-in that it is of from others; empty: it is of none.
  int file_ = -1;
  std::map<std::string, Known> found_;
  std::size_t others_ = 0;
};
}  // namespace tessera::cli
