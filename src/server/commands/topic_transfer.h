#pragma once

// topic read, write, export, import: records on their way between a topic and standard input, output or a file.

#include "server/commands/topic_session.h"
#include "server/commands/topics.h"

namespace millrace::server {

Result<void> read_topic(TopicSession& session, const TopicRequest& asked, Output output);
Result<void> write_topic(TopicSession& session, const TopicRequest& asked, Output output);

// A line of JSON for each record (front/topic_records.h). An import appends them in the order of the file: to the
// partitions they came from, with their keys, timestamps and headers, at new offsets.
Result<void> export_topic(TopicSession& session, const TopicRequest& asked);
Result<void> import_topic(TopicSession& session, const TopicRequest& asked);

}  // namespace millrace::server
