#include "server/commands/topic_session.h"

#include <future>
#include <thread>

#include "front/group_admin.h"
#include "front/record_admin.h"
#include "front/topic_admin.h"
#include "server/commands/asking.h"
#include "server/commands/commands.h"
#include "server/credentials.h"
#include "server/wiring.h"

namespace millrace::server {
struct TopicSession::Server {
  Options options;
};

struct TopicSession::Folder {
  net::Reactor reactor;
  std::unique_ptr<Backend> backend;
  std::unique_ptr<front::RecordAdmin> records;
  std::thread thread;

  ~Folder() {
    if (!thread.joinable()) return;
    reactor.stop();
    thread.join();
  }

  Answer ask(const std::string& path, const std::string& request) {
    std::promise<Answer> promise;
    auto answer = [&](Answer done) { promise.set_value(std::move(done)); };
    reactor.post([&] {
      if (path == "/admin/topics") {
        start(front::administer_topics(backend->log(), request), answer);
      } else if (path == "/admin/groups") {
        start(front::administer_groups(backend->groups(), request), answer);
      } else {
        start(records->run(request), answer);
      }
    });
    return promise.get_future().get();
  }
};

TopicSession::TopicSession() = default;
TopicSession::TopicSession(TopicSession&&) noexcept = default;
TopicSession& TopicSession::operator=(TopicSession&&) noexcept = default;
TopicSession::~TopicSession() = default;

Result<TopicSession> TopicSession::open(const Options& options) {
  auto credentials = load_credentials(options.data);
  if (!credentials && credentials.error().code == ErrorCode::not_found) return no_data_yet(options.data);
  if (!credentials) return credentials.error();
  TopicSession session;
  if (ask_server(options, "/admin/topics", R"({"do":"list"})")) {
    session.server_ = std::make_unique<Server>(Server{options});
    return session;
  }
  session.folder_ = std::make_unique<Folder>();
  Folder& folder = *session.folder_;
  Options quiet = options;
  quiet.quiet = true;
  auto backend = Backend::open(folder.reactor, quiet);
  if (!backend) return backend.error();
  folder.backend = std::move(*backend);
  folder.records = std::make_unique<front::RecordAdmin>(folder.reactor, folder.backend->log());
  folder.thread = std::thread([&folder] { folder.reactor.run(); });
  return session;
}

Answer TopicSession::ask(const std::string& path, const std::string& request) {
  if (folder_) return folder_->ask(path, request);
  if (auto answer = ask_server(server_->options, path, request)) return *answer;
  return Error{ErrorCode::unavailable, "the server no longer answers"};
}

}  // namespace millrace::server
