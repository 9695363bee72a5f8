# SPDX-License-Identifier: Apache-2.0
"""Which of the subscribed_fields brings an item of a webhook; an account gets nothing that it has not asked for."""

# What an item of `messaging` holds -> the fields that bring it; the names differ between the platforms and documents.
FIELDS = {
    "message": {"messages"},
    "postback": {"messaging_postbacks"},
    "delivery": {"message_deliveries"},
    "read": {"message_reads", "messaging_seen"},
    "reaction": {"message_reactions"},
    "message_edit": {"message_edits"},
    "referral": {"messaging_referrals", "messaging_referral"},
    "optin": {"messaging_optins"},
    "pass_thread_control": {"messaging_handovers", "messaging_handover"},
    "take_thread_control": {"messaging_handovers", "messaging_handover"},
    "request_thread_control": {"messaging_handovers", "messaging_handover"},
    "policy_enforcement": {"messaging_policy_enforcement"},
}


def is_wanted(fields, platform, item):
    """Has the account subscribed to what brings this item? `fields` empty: it never said, and gets everything."""
    if not fields:
        return True
    if item.list == "standby":
        return "standby" in fields
    if item.list in ("changes", "flat"):
        # With Instagram Login mentions come with the comments.
        return item.body["field"] in fields or (item.body["field"] == "mentions" and "comments" in fields)
    if item.kind == "echo":
        return "message_echoes" in fields or (platform == "instagram" and "messages" in fields)
    if platform == "instagram" and "message_edit" in item.body:
        return "messages" in fields
    names = next((names for key, names in FIELDS.items() if key in item.body), None)
    return names is None or not names.isdisjoint(fields)
