// SPDX-License-Identifier: Apache-2.0
// What may be attached, how many, and how large.
#include <algorithm>

#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"types", Parameter::Type::list, "", true, "What may be sent; empty: nothing.",
     "image|video|audio|voice|sticker|gif|file|share|story|location|contact"},
    {"most", Parameter::Type::integer, "0", false, "How many a message may have; 0: no limit.", {}, 0, 100},
    {"image_size", Parameter::Type::size, "0", false, "The largest image, where its size is known; 0: no limit."},
    {"other_size", Parameter::Type::size, "0", false, "The same of everything else."},
    {"otherwise", Parameter::Type::text, "deny", false,
     "A type that is not taken: the message is refused, or goes out with a link in its text.", "deny|link"},
};

class Attachments : public Evaluator {
 public:
  Attachments(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        types_(rules.front().list("types")),
        most_(rules.front().number("most")),
        image_size_(rules.front().number("image_size")),
        other_size_(rules.front().number("other_size")),
        link_(rules.front().text("otherwise") == "link") {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_message(question.effect) || attachments_of(question) == 0) return;
    bool to_link = false;
    for (const Attachment& attachment : *question.attachments) {
      const bool taken = std::find(types_.begin(), types_.end(), attachment.type) != types_.end();
      if (!taken && (!link_ || attachment.url.empty()))
        return judgement.deny(
            rule_, "the platform takes no attachment of type \"" + attachment.type + "\": send a link in the text");
      to_link = to_link || !taken;
      const std::int64_t limit = attachment.type == "image" ? image_size_ : other_size_;
      if (taken && limit != 0 && attachment.size > limit)
        return judgement.deny(rule_, too_long("the attachment", attachment.size, limit, "bytes"));
    }
    const auto count = static_cast<std::int64_t>(attachments_of(question));
    if (most_ != 0 && count > most_)
      return judgement.deny(rule_, "there are " + std::to_string(count) + " attachments, the platform takes " +
                                       std::to_string(most_) + ": send more than one message");
    if (to_link) replace(judgement);
  }

 private:
  void replace(Judgement& judgement) const {
    std::vector<Attachment> kept;
    std::string text(judgement.text());
    for (const Attachment& attachment : *judgement.question.attachments) {
      if (std::find(types_.begin(), types_.end(), attachment.type) != types_.end()) {
        kept.push_back(attachment);
        continue;
      }
      if (!text.empty()) text += '\n';
      text += (attachment.title.empty() ? "" : attachment.title + ": ") + attachment.url;
    }
    judgement.replace_attachments(std::move(kept));
    judgement.rewrite(rule_, std::move(text), "an attachment that the platform does not take goes out as a link");
  }

  std::string_view rule_;
  std::vector<std::string> types_;
  std::int64_t most_, image_size_, other_size_;
  bool link_;
};

}  // namespace

const RuleKind kAttachments = {
    "attachments", false, false, "What a message may carry besides its text.", kParameters, make<Attachments>};

}  // namespace postern::core::policy
