# SPDX-License-Identifier: Apache-2.0
"""What the system tests are written with: a daemon, a sandbox, the ledger on disk, and a judge that joins them."""
