#include "actors/spill/io_threads.hpp"

#include <boost/test/unit_test.hpp>

#include <pthread.h>

#include <array>
#include <atomic>
#include <functional>
#include <semaphore>
#include <set>
#include <string>

using namespace tessera::actors::spill;

namespace {
struct Item final : IoWork {
  std::function<void()> work = [] {};
  std::atomic<int> runs{0}, drops{0};
  std::counting_semaphore<> told{0};

  void run() noexcept override {
    work();
    ++runs;
    told.release();
  }
  void drop() noexcept override {
    ++drops;
    told.release();
  }
};
}  // namespace

BOOST_AUTO_TEST_SUITE(actors_spill_io_threads)

BOOST_AUTO_TEST_CASE(work_is_done_in_order_on_a_thread_with_a_name) {
  std::array<Item, 20> items;
  std::vector<int> order;
  std::set<std::string> names;
  IoThreads threads(1, items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].work = [&, i] {
      order.push_back(static_cast<int>(i));
      std::array<char, 16> name{};
      pthread_getname_np(pthread_self(), name.data(), name.size());
      names.insert(name.data());
    };
    BOOST_TEST(threads.run(items[i]));
  }
  for (Item& item : items) item.told.acquire();
  threads.stop();
  BOOST_TEST((names == std::set<std::string>{"spill.0"}));
  for (std::size_t i = 0; i < items.size(); ++i) BOOST_TEST(order.at(i) == static_cast<int>(i));
}

BOOST_AUTO_TEST_CASE(a_full_queue_takes_no_more_and_a_stop_drops_what_waits_and_finishes_what_runs) {
  Item first, second, third, fourth;
  std::binary_semaphore started{0}, go{0};
  first.work = [&] {
    started.release();
    go.acquire();
  };
  IoThreads threads(1, 2);
  BOOST_TEST(threads.run(first));
  started.acquire();
  BOOST_TEST(threads.run(second));
  BOOST_TEST(threads.run(third));
  BOOST_TEST(!threads.run(fourth));
  std::thread stopper([&] { threads.stop(); });
  second.told.acquire();
  third.told.acquire();
  BOOST_TEST(!threads.run(fourth));
  BOOST_TEST(first.runs == 0);
  go.release();
  stopper.join();
  BOOST_TEST(first.runs == 1);
  BOOST_TEST(first.drops + second.runs + third.runs + fourth.runs + fourth.drops == 0);
  BOOST_TEST(second.drops == 1);
  BOOST_TEST(third.drops == 1);
  threads.stop();
}

BOOST_AUTO_TEST_CASE(work_may_queue_itself_again_and_other_work_from_many_threads) {
  IoThreads threads(3, 1000);
  std::array<Item, 8> items;
  std::atomic<int> left{8 * 500}, refused{0};
  std::binary_semaphore done{0};
  for (Item& item : items)
    item.work = [&] {
      const int now = --left;
      if (now >= static_cast<int>(items.size())) refused += !threads.run(item);
      if (now == 0) done.release();
    };
  for (Item& item : items) BOOST_TEST(threads.run(item));
  done.acquire();
  threads.stop();
  int runs = 0;
  for (Item& item : items) runs += item.runs + item.drops;
  BOOST_TEST(runs == 8 * 500);
  BOOST_TEST(refused == 0);
}

BOOST_AUTO_TEST_SUITE_END()
