"""What operators see: views with stable field names, amounts as decimal strings, no names or phones.

The one layer under the command line and whatever else shows the same things.
"""
