# SPDX-License-Identifier: Apache-2.0
"""postern-sandbox: plays Telegram, Messenger and Instagram over loopback HTTP."""
