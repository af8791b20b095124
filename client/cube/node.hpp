/// @file
/// What a `Cube` is made of, for `cube.cpp` and `cube/tasks.cpp`.
#pragma once
#include "client/cube.hpp"

#include <optional>
#include <variant>

namespace tessera::detail {
struct CubeRead { Cube::Read read; };
struct CubeMean { std::size_t axis; };
struct CubeGroupedMean { std::size_t axis; std::shared_ptr<const Grouping> groups; };
struct CubeDeviation { std::size_t axis; int ddof; };
struct CubeAt { std::size_t axis; std::int64_t index; };
struct CubeRechunk { std::size_t axis; };
/// `a - b`: which dimension of `b` lies along each of `a`; empty where none does.
struct CubeSubtract {
  std::vector<std::optional<std::size_t>> b_axis;
  std::optional<std::size_t> grouped;  ///< The dimension of `a` along which `b` has groups.
};

struct CubeNode {
  std::string name;
  arrays::Dtype dtype;
  std::vector<Dimension> dimensions;
  std::vector<Cube> of;  ///< Operands.
  std::variant<CubeRead, CubeMean, CubeGroupedMean, CubeDeviation, CubeAt, CubeRechunk, CubeSubtract> what;
};
}  // namespace tessera::detail
