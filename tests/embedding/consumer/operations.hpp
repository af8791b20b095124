// What the program asks of the cluster.
#pragma once
#include <tessera/tessera.hpp>

#include <cstdint>
#include <string>
#include <vector>

/// A type of the program's own, known to Cereal.
struct Station {
  std::string name;
  std::vector<double> values;
  template <class A>
  void serialize(A& archive) { archive(name, values); }
};

Station measure(const std::string& name, std::int64_t count);
double mean(const Station& station);
double sum(const std::vector<double>& values);
std::int64_t until_stopped(tessera::Context& context);
