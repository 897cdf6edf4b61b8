#pragma once

// Asks about topics, their records and who reads them (front/topic_admin.h, record_admin.h, group_admin.h) again and
// again: the server that holds the data folder, or the folder itself when none runs. One thread; the folder is held
// until the session ends.

#include <memory>
#include <string>

#include "server/options.h"

namespace millrace::server {

class TopicSession {
 public:
  static Result<TopicSession> open(const Options& options);
  TopicSession(TopicSession&&) noexcept;
  TopicSession& operator=(TopicSession&&) noexcept;
  ~TopicSession();

  // A request to `path`, "/admin/topics", "/admin/records" or "/admin/groups", and its answer as JSON.
  Result<std::string> ask(const std::string& path, const std::string& request);

 private:
  struct Server;
  struct Folder;

  TopicSession();

  std::unique_ptr<Server> server_;
  std::unique_ptr<Folder> folder_;
};

}  // namespace millrace::server
