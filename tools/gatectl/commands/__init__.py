"""What gatectl can be asked: the names, options and helps of its commands.

Modules here import click and nothing slow; what the commands do stands beside this package.
"""
