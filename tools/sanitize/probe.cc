// Loaded before the tests, as the addons will be: two faults that must be reported, or a run without reports says nothing.
#include <climits>
#include <vector>

__attribute__((constructor)) static void fault() {
  std::vector<int> numbers(4);
  volatile int place = 4, sum = INT_MAX;
  sum = sum + numbers.data()[place];  // one read past the end
  sum = INT_MAX;
  sum = sum + place;  // more than an int holds
}
