"""What files say of leases and auctions in words -> the words of the contracts."""
