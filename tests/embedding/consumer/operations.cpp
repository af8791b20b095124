#include "operations.hpp"

#include <tessera/serialization/cereal.hpp>

#include <numeric>
#include <thread>

Station measure(const std::string& name, std::int64_t count) {
  Station station{name, std::vector<double>(static_cast<std::size_t>(count))};
  std::iota(station.values.begin(), station.values.end(), 0.0);
  return station;
}
double mean(const Station& station) { return sum(station.values) / static_cast<double>(station.values.size()); }
double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }
std::int64_t until_stopped(tessera::Context& context) {
  std::int64_t rounds = 0;
  for (; !context.stop_requested(); ++rounds) std::this_thread::yield();
  return rounds;
}
TESSERA_OPERATION(measure);
TESSERA_OPERATION(mean);
TESSERA_OPERATION(sum);
TESSERA_OPERATION(until_stopped);
