"""What others would install, doing the work of the face benchmark in processes of their own.

Run with the interpreter of var/bench, which has no part of the gate: only numpy and the peers.
"""
