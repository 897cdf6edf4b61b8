#include "kv/rocksdb/info_log.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

#include "kv/rocksdb/data_folder.h"

namespace millrace::kv {
namespace {

constexpr std::size_t line_size_max = 4096;  // the longest are lists of files

std::size_t write_time(char* line, std::size_t size) {
  auto now = std::chrono::system_clock::now();
  auto seconds = std::chrono::system_clock::to_time_t(now);
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()).count() % 1'000'000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  auto length = std::strftime(line, size, "%Y/%m/%d-%H:%M:%S", &parts);
  length += static_cast<std::size_t>(std::snprintf(line + length, size - length, ".%06d ", static_cast<int>(micros)));
  return length;
}

class InfoLog : public rocksdb::Logger {
 public:
  explicit InfoLog(const std::string& path)
      : file_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600)) {}
  ~InfoLog() override { (void)Close(); }

  using rocksdb::Logger::Logv;
  void Logv(const char* format, std::va_list arguments) override {
    char line[line_size_max];
    std::size_t length = write_time(line, sizeof line);
    int wanted = std::vsnprintf(line + length, sizeof line - length - 1, format, arguments);
    if (wanted > 0) length = std::min(length + static_cast<std::size_t>(wanted), sizeof line - 2);
    if (line[length - 1] != '\n') line[length++] = '\n';
    auto written = ::write(file_.descriptor(), line, length);  // appends, whole lines even from several threads
    if (written > 0) size_ += static_cast<std::size_t>(written);
  }

  std::size_t GetLogFileSize() const override { return size_; }

 protected:
  rocksdb::Status CloseImpl() override { return rocksdb::Status::OK(); }

 private:
  File file_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace

std::shared_ptr<rocksdb::Logger> open_info_log(const std::string& path) {
  return std::make_shared<InfoLog>(path);
}

}  // namespace millrace::kv
