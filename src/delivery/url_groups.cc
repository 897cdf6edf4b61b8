// URL groups: names for several endpoints.

#include <algorithm>

#include "delivery/destination.h"
#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::string_view groups_lock = "groups";  // one for all: changes are rare

Error unknown(const std::string& name) {
  return {ErrorCode::not_found, "url group not found: " + name};
}

bool same(const Endpoint& one, const Endpoint& asked) {
  if (!asked.id.empty() && one.id == asked.id) return true;
  return asked.name.empty() ? one.url == asked.url : one.name == asked.name;
}

}  // namespace

Async<Result<std::vector<UrlGroup>>> Delivery::groups() {
  Transaction get;
  get.add("hgetall", std::string(groups_key));
  auto replies = co_await impl_->database.run(std::move(get));
  if (!replies) co_return replies.error();
  std::vector<UrlGroup> all;
  const auto& fields = replies->front().elements;
  for (std::size_t at = 0; at + 1 < fields.size(); at += 2) {
    auto group = decode_group(fields[at].text, fields[at + 1].text);
    if (!group) co_return Error{ErrorCode::corrupt, "url group '" + fields[at].text + "' cannot be read"};
    all.push_back(std::move(*group));
  }
  std::sort(all.begin(), all.end(), [](const auto& left, const auto& right) { return left.name < right.name; });
  co_return all;
}

Async<Result<UrlGroup>> Delivery::group(std::string name_or_id) {
  Transaction get;
  get.add("hget", std::string(groups_key), name_or_id);
  auto replies = co_await impl_->database.run(std::move(get));
  if (!replies) co_return replies.error();
  if (auto text = text_of(replies->front())) {
    auto found = decode_group(name_or_id, *text);
    if (!found) co_return Error{ErrorCode::corrupt, "url group '" + name_or_id + "' cannot be read"};
    co_return std::move(*found);
  }
  if (!name_or_id.starts_with("tpc_")) co_return unknown(name_or_id);
  auto all = co_await groups();
  if (!all) co_return all.error();
  auto found = std::find_if(all->begin(), all->end(), [&](const UrlGroup& each) { return each.id == name_or_id; });
  if (found == all->end()) co_return unknown(name_or_id);
  co_return std::move(*found);
}

// Has `change` make the group another; the group is there, or is made when `make` says so.
Async<Result<void>> Delivery::Impl::change_group(Delivery& seam, std::string name, bool make, GroupChange change) {
  std::string lock(groups_lock);
  auto waiting = locks.hold(std::move(lock));
  auto held = co_await waiting;
  std::string same_name = name;
  auto found = co_await seam.group(std::move(same_name));
  if (!found && (found.error().code != ErrorCode::not_found || !make)) co_return found.error();
  UrlGroup group;
  if (found) {
    group = std::move(*found);
  } else {
    if (auto good = check_name("url group name", name); !good) co_return good.error();
    Transaction count;
    count.add("hlen", std::string(groups_key));
    auto replies = co_await database.run(std::move(count));
    if (!replies) co_return replies.error();
    if (static_cast<std::size_t>(replies->front().integer) >= options.limits.groups_max) {
      co_return Error{ErrorCode::over_limit, "quota maxTopics exceeded"};
    }
    group.name = name;
    group.id = ids.next("tpc_", now());
    group.created_at = now();
  }
  const std::string before = group.name;
  auto wanted = change(group);
  if (!wanted) co_return wanted.error();
  group.updated_at = now();
  Transaction write;
  if (!*wanted || group.name != before) write.add("hdel", std::string(groups_key), before);
  if (*wanted) write.add("hset", std::string(groups_key), group.name, encode(group));
  auto done = co_await database.run(std::move(write));
  if (!done) co_return done.error();
  co_return Result<void>{};
}

Async<Result<UrlGroup>> Delivery::create_group(std::string name) {
  std::string asked = name;
  auto there = co_await group(std::move(asked));
  if (there) co_return Error{ErrorCode::conflict, "url group exists: " + name};
  if (there.error().code != ErrorCode::not_found) co_return there.error();
  Impl::GroupChange nothing = [](UrlGroup&) -> Result<bool> { return true; };
  std::string made = name;
  auto done = co_await impl_->change_group(*this, std::move(made), true, std::move(nothing));
  if (!done) co_return done.error();
  co_return co_await group(std::move(name));
}

Async<Result<void>> Delivery::rename_group(std::string name_or_id, std::string name) {
  if (auto good = check_name("url group name", name); !good) co_return good.error();
  std::string asked = name;
  auto there = co_await group(std::move(asked));
  if (there) co_return Error{ErrorCode::conflict, "url group exists: " + name};
  Impl::GroupChange rename = [name](UrlGroup& group) -> Result<bool> {
    group.name = name;
    return true;
  };
  co_return co_await impl_->change_group(*this, std::move(name_or_id), false, std::move(rename));
}

Async<Result<void>> Delivery::put_endpoints(std::string group, std::vector<Endpoint> endpoints) {
  for (const Endpoint& endpoint : endpoints) {
    if (auto good = check_url(endpoint.url); !good) co_return good.error();
    if (impl_->options.admit) {
      if (auto admitted = impl_->options.admit(endpoint.url); !admitted) co_return admitted.error();
    }
    if (endpoint.name.empty()) continue;
    if (auto good = check_name("endpoint name", endpoint.name); !good) co_return good.error();
  }
  Impl* impl = impl_.get();
  Impl::GroupChange change = [impl, endpoints = std::move(endpoints)](UrlGroup& of) -> Result<bool> {
    for (const Endpoint& given : endpoints) {
      auto found = std::find_if(of.endpoints.begin(), of.endpoints.end(),
                                [&](const Endpoint& each) { return same(each, given); });
      Endpoint put = given;
      if (put.id.empty()) put.id = found == of.endpoints.end() ? impl->ids.next("ept_", impl->now()) : found->id;
      if (found == of.endpoints.end()) {
        of.endpoints.push_back(std::move(put));
      } else {
        *found = std::move(put);
      }
    }
    if (of.endpoints.size() > impl->options.limits.endpoints_max) {
      return Error{ErrorCode::over_limit, "quota maxEndpointsPerTopic exceeded"};
    }
    return true;
  };
  co_return co_await impl_->change_group(*this, std::move(group), true, std::move(change));
}

Async<Result<void>> Delivery::delete_endpoints(std::string group, std::vector<Endpoint> endpoints) {
  Impl::GroupChange change = [endpoints = std::move(endpoints)](UrlGroup& of) -> Result<bool> {
    std::erase_if(of.endpoints, [&](const Endpoint& each) {
      return std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& given) { return same(each, given); });
    });
    return !of.endpoints.empty();
  };
  co_return co_await impl_->change_group(*this, std::move(group), false, std::move(change));
}

Async<Result<void>> Delivery::set_group_headers(std::string group, Headers headers) {
  Impl::GroupChange change = [headers = std::move(headers)](UrlGroup& of) -> Result<bool> {
    of.headers = headers;
    return true;
  };
  co_return co_await impl_->change_group(*this, std::move(group), false, std::move(change));
}

Async<Result<bool>> Delivery::delete_group(std::string name_or_id) {
  Impl::GroupChange change = [](UrlGroup&) -> Result<bool> { return false; };
  auto done = co_await impl_->change_group(*this, std::move(name_or_id), false, std::move(change));
  if (done) co_return true;
  if (done.error().code == ErrorCode::not_found) co_return false;
  co_return done.error();
}

}  // namespace millrace::delivery
